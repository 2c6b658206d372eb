import { RawSocket } from "../support/wire/raw_socket.ts";
import { RawWebSocket } from "../support/wire/raw_websocket.ts";
import { webSocketRequest } from "./horde.ts";

/** A WebSocket on which a fault writes bytes of its own making. */
export interface RawConnection {
  readonly isOver: boolean;
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves with the close code or the code of the first `error`, whichever comes first. */
  answer(): Promise<string>;
  hangUp(): Promise<void>;
}

/** Opens a WebSocket as a client of `tidings.v1`. */
export async function openRaw(
  { url }: { readonly url: string },
  token: string,
): Promise<RawConnection> {
  const socket = await RawSocket.open(url);
  await socket.write(webSocketRequest(token));
  const { status, headers } = await socket.takeAnswer();
  if (status !== 101) throw new Error(`The handshake was answered ${status}`);
  if (headers.has("sec-websocket-extensions")) {
    throw new Error("The gateway agreed to an extension");
  }
  const webSocket = new RawWebSocket(socket);
  return {
    get isOver() {
      return socket.ended;
    },
    write: (bytes) => socket.write(bytes),
    async answer() {
      for (;;) {
        const text = await webSocket.next();
        if (text === undefined) return String((await webSocket.closed).code);
        const { kind, data } = JSON.parse(text.split("\n")[0] ?? "");
        // After `rate_limited` the gateway closes the connection: then the close code is the answer.
        if (kind === "error" && data.code !== "rate_limited") return data.code;
      }
    },
    hangUp: () => webSocket[Symbol.asyncDispose](),
  };
}
