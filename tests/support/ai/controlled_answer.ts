import type { UIMessageChunk } from "ai";

/** An answer whose chunks a test emits one by one. */
export class ControlledAnswer {
  /** The UI message stream, as `toUIMessageStream()` returns one. */
  readonly stream: ReadableStream<UIMessageChunk>;
  /** Resolves with the reason once the stream is cancelled. */
  readonly cancelled: Promise<unknown>;
  #controller: ReadableStreamDefaultController<UIMessageChunk> | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.cancelled = promise;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: (reason) => resolve(reason),
    });
  }

  emit(...chunks: readonly UIMessageChunk[]): void {
    for (const chunk of chunks) this.#controller?.enqueue(chunk);
  }

  end(): void {
    this.#controller?.close();
  }

  fail(error: unknown): void {
    this.#controller?.error(error);
  }
}
