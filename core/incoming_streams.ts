import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import type { MessageFrame } from "./frame.ts";

interface Incoming {
  readonly stream: ReadableStream<unknown>;
  /** Gone when the stream ended or its reader cancelled it. */
  controller?: ReadableStreamDefaultController<unknown> | undefined;
  /** Whether somebody reads it. */
  isRead: boolean;
}

/** The data streams that one reader receives. Each gets its chunks when they arrive, whether the reader's own messages are read or not. */
export class IncomingStreams {
  readonly #open = new Map<unknown, Incoming>();
  readonly #maxSize: number;
  #size = 0;

  /** @param maxSize How much may wait in one stream; over it, the stream ends with an error. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** Whether somebody reads a stream that is still open. */
  get areRead(): boolean {
    return [...this.#open.values()].some(({ isRead }) => isRead);
  }

  /** Whether somebody reads this one. */
  isRead(streamId: unknown): boolean {
    return this.#open.get(streamId)?.isRead ?? false;
  }

  /**
   * Takes a message of a data stream.
   *
   * @param data Its data, validated.
   * @param size How much it counts.
   * @returns The stream that it belongs to.
   */
  take(
    streamId: unknown,
    { kind, metadata }: MessageFrame,
    data: unknown,
    size: number,
  ): ReadableStream<unknown> {
    const incoming = this.#open.get(streamId) ?? this.#create(streamId);
    const { controller } = incoming;
    if (kind === "chunk") {
      this.#size = size;
      controller?.enqueue(data);
      if (Number(controller?.desiredSize) < -this.#maxSize) {
        this.#fail(incoming, "too_slow", "too much of it waits unread");
      }
    } else if (kind === "datastream-end") {
      const { code, message } = Object(Object(metadata).error);
      if (code) this.#fail(incoming, code, message);
      else controller?.close();
      this.#open.delete(streamId);
    }
    return incoming.stream;
  }

  /** Ends the open streams with an error; with `read`, only those that somebody reads. */
  fail(code: RealtimeErrorCode, reason: string, read = false): void {
    for (const incoming of this.#open.values()) {
      if (incoming.isRead || !read) this.#fail(incoming, code, reason);
    }
  }

  #fail(
    incoming: Incoming,
    code: RealtimeErrorCode,
    reason: string,
  ): void {
    incoming.isRead = false;
    incoming.controller?.error(
      new RealtimeError(code, `Cannot go on with the data stream: ${reason}`),
    );
    incoming.controller = undefined;
  }

  #create(streamId: unknown): Incoming {
    let controller: Incoming["controller"];
    const incoming: Incoming = {
      isRead: false,
      stream: new ReadableStream({
        start: (it) => {
          controller = it;
        },
        pull: () => {
          incoming.isRead = true;
        },
        cancel: () => {
          incoming.controller = undefined;
          incoming.isRead = false;
        },
      }, { highWaterMark: 0, size: () => this.#size }),
    };
    incoming.controller = controller;
    this.#open.set(streamId, incoming);
    return incoming;
  }
}
