import { HANDED_BYTES } from "./send_queue.ts";
import { Packet, type Socket, type SocketHandler } from "../wire/socket.ts";

/** A comment: proves that the connection lives, and is no event. */
export const HEARTBEAT: Packet = new Packet([":\n\n"], 3);

const encoder = new TextEncoder();

/** A response body of Server-Sent Events as a {@linkcode Socket}. */
export class SseSocket implements Socket {
  /** The response's body. */
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Whether the last piece was part of an event, as pieces of `tee` may be. */
  #midEvent = false;

  constructor(handler: SocketHandler) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => handler.drain(),
      cancel: () => {
        this.#controller = undefined;
        handler.close();
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

  /** A response has no close code: `tidings.v1` clients get an `error` or `closing` before. */
  close(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }

  terminate(): void {
    this.#controller?.error(new Error("the client was too slow"));
    this.#controller = undefined;
  }
}
