import { Buffer } from "node:buffer";
import { RawSocket } from "../support/wire/raw_socket.ts";
import { RawWebSocket } from "../support/wire/raw_websocket.ts";
import { webSocketRequest } from "./horde.ts";

/** The mask of all zeros: allowed, and what is sent stays readable. */
const MASK = Buffer.alloc(4);

function head(opcode: number, length: number): Buffer {
  return make(0x80 | opcode, length);
}

function make(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, 0x80 | length, ...MASK]);
  const bytes = Buffer.alloc(length < 65536 ? 4 : 10);
  bytes[0] = first;
  bytes[1] = 0x80 | (length < 65536 ? 126 : 127);
  if (length < 65536) bytes.writeUInt16BE(length, 2);
  else bytes.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([bytes, MASK]);
}

/** Makes frames, also those that nobody should send. */
export const frame = {
  /** The head of a frame whose payload may or may not follow. */
  head,
  /** A frame with this first byte, which has the opcode and the flags. */
  make: (first: number, payload: Uint8Array): Buffer =>
    Buffer.concat([make(first, payload.length), payload]),
  /** A frame of text. */
  text: (text: string): Buffer => {
    const payload = Buffer.from(text);
    return Buffer.concat([head(1, payload.length), payload]);
  },
  /** Several frames to be sent at once. */
  join: (frames: readonly Uint8Array[]): Buffer => Buffer.concat(frames),
} as const;

/** A WebSocket on which bytes are sent as they are. */
export interface Raw {
  readonly isOver: boolean;
  write(bytes: Uint8Array): Promise<void>;
  /** The code of the close or of the first `error`, whichever comes first. */
  answer(): Promise<string>;
  hangUp(): Promise<void>;
}

/** Opens one as a client of `tidings.v1`. */
export async function openRaw(
  { url }: { readonly url: string },
  token: string,
): Promise<Raw> {
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
        // An error that is followed by the close it explains is told by the close.
        if (kind === "error" && data.code !== "rate_limited") return data.code;
      }
    },
    hangUp: () => webSocket[Symbol.asyncDispose](),
  };
}
