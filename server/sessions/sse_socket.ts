import { Packet, type Socket, type SocketHandler } from "../wire/socket.ts";
import { HANDED_BYTES } from "./backlog.ts";

/** A comment of the event stream: it shows that the connection is alive, and is not an event. */
export const HEARTBEAT: Packet = new Packet([":\n\n"], 3);

const encoder = new TextEncoder();

/** A {@linkcode Socket} whose packets become the body of a response with Server-Sent Events. */
export class SseSocket implements Socket {
  /** The response's body. */
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Whether the last packet ended within an event, as packets of `tee` may. */
  #midEvent = false;

  constructor(handler: SocketHandler) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => handler.drain(),
      cancel: () => {
        this.#controller = undefined;
        // A response has no close codes; this one stands for a client that left.
        handler.close(1001);
      },
    }, {
      highWaterMark: HANDED_BYTES,
      size: (bytes) => bytes?.byteLength ?? 0,
    });
  }

  get buffered(): number {
    return HANDED_BYTES - (this.#controller?.desiredSize ?? HANDED_BYTES);
  }

  send(packet: Packet): void {
    if (packet === HEARTBEAT && this.#midEvent) return;
    const { texts } = packet;
    this.#midEvent = !texts.at(-1)?.endsWith("\n\n");
    packet.prepared ??= encoder.encode(texts.join(""));
    if (packet.prepared instanceof Uint8Array) {
      this.#controller?.enqueue(packet.prepared);
    }
  }

  /** Ends the response. It has no close code; clients of `tidings.v1` got an `error` or `closing` before. */
  close(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }

  terminate(): void {
    this.#controller?.error(new Error("The client is too slow"));
    this.#controller = undefined;
  }
}
