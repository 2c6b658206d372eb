import type { DroppedAnswer } from "./answers.ts";
import { timeOf } from "./time.ts";

/** Bytes that may wait for a reader. What comes while more wait is dropped, and counted. */
const QUEUE_BYTES = 1024 * 1024;

/** Milliseconds between two comments that keep the response open. */
const HEARTBEAT_MS = 10_000;

const encoder = new TextEncoder();

/** An SSE response that shows what happens now. A reader that is too slow misses something, and is told how much. */
export class FeedReader {
  /** The response's body. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #ended: (reader: FeedReader) => void;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #dropped = 0;

  /** @param ended Called once, when the reader left or was ended. */
  constructor(ended: (reader: FeedReader) => void) {
    this.#ended = ended;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        // Runtimes keep the headers back until the body has its first bytes.
        controller.enqueue(encoder.encode(":\n\n"));
      },
      pull: () => this.#tellDropped(),
      cancel: () => this.#end(),
    }, {
      highWaterMark: QUEUE_BYTES,
      size: (bytes) => bytes?.byteLength ?? 0,
    });
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  /**
   * Sends an event.
   *
   * @param json Its data, on one line.
   */
  send(event: string, json: string): void {
    if (!this.#hasRoom) this.#dropped++;
    else {
      this.#tellDropped();
      this.#enqueue(`event: ${event}\ndata: ${json}\n\n`);
    }
  }

  /** Notes that events were lost on their way here. */
  lost(count: number): void {
    this.#dropped += count;
    this.#tellDropped();
  }

  /** Ends the response. */
  close(): void {
    const controller = this.#controller;
    this.#end();
    controller?.close();
  }

  get #hasRoom(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #tellDropped(): void {
    if (this.#dropped === 0 || !this.#hasRoom) return;
    const dropped: DroppedAnswer = {
      event: "dropped",
      time: timeOf(Date.now()),
      count: this.#dropped,
    };
    this.#dropped = 0;
    this.#enqueue(`event: dropped\ndata: ${JSON.stringify(dropped)}\n\n`);
  }

  #beat(): void {
    if (this.#hasRoom) this.#enqueue(":\n\n");
  }

  #enqueue(text: string): void {
    this.#controller?.enqueue(encoder.encode(text));
  }

  #end(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    clearInterval(this.#heartbeat);
    this.#ended(this);
  }
}
