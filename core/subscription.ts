import { RealtimeError } from "./errors.ts";
import type { Position } from "./id.ts";
import { Reader, type ReaderOptions } from "./reader.ts";

type Message = Record<string, unknown>;

/** What a subscription's readers have in common. */
export interface SubscriptionOptions
  extends Omit<ReaderOptions, "deliver" | "onCancel"> {
  /** Closes it when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** Gets the messages, one after the other; then the stream itself waits at the start until it is read. */
  readonly onMessage: ((message: Message) => unknown) | undefined;
}

/** What a subscription is besides a stream. */
export interface SubscriptionMethods extends AsyncDisposable {
  getJsonStream(): ReadableStream<unknown>;
  getEncodedStream(): ReadableStream<unknown>;
  close(): Promise<void>;
}

const encoder = new TextEncoder();

function asIs(message: Message): Message {
  return message;
}

/** One Server-Sent Event. JSON has no line breaks, so the data is one line. */
function asEvent({ stream: _, ...message }: Message): Uint8Array {
  return encoder.encode(
    `id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`,
  );
}

function streamOf(reader: Reader): ReadableStream<unknown> {
  return new ReadableStream(reader, { highWaterMark: 0 });
}

/** Reads a stream to its end, also where the platform's can't be iterated. Leaving the loop cancels the stream. */
async function* iterate(stream: ReadableStream<unknown>): AsyncGenerator {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    const cancelled = reader.cancel();
    reader.releaseLock();
    await cancelled;
  }
}

/**
 * Opens a subscription: the stream of its messages, from which more streams can be had. Each has a reader of its own, so that one that
 * is slow, or not read at all, keeps nothing from the others. Resolves when the gateway has accepted it.
 */
export async function openSubscription(
  options: SubscriptionOptions,
): Promise<ReadableStream<unknown> & SubscriptionMethods> {
  const { host, onError, onMessage, onState, signal } = options;
  const readers = new Set<Reader>();

  async function close(): Promise<void> {
    signal?.removeEventListener("abort", close);
    await Promise.all([...readers].map((reader) => reader.close()));
  }

  function read(own: Partial<ReaderOptions>, position?: Position): Reader {
    const reader = new Reader({
      ...options,
      deliver: asIs,
      onCancel: close,
      ...own,
      onState: (state, error) => {
        own.onState?.(state, error);
        // They all present the same tokens: what is final for one is final for all.
        if (error) { for (const other of readers) other.fail(error); }
      },
    }, position);
    readers.add(reader);
    return reader;
  }

  function derive(deliver: ReaderOptions["deliver"]): ReadableStream<unknown> {
    const reader = read({
      deliver,
      onCancel: async () => {
        readers.delete(reader);
        // What is left is a stream that nobody ever read.
        if (readers.size === 1 && !first.isUsed) await close();
      },
    }, first.unread);
    first.rewind();
    host.add(reader);
    return streamOf(reader);
  }

  async function call(
    stream: ReadableStream<unknown>,
    onMessage: (message: Message) => unknown,
  ): Promise<void> {
    try {
      for await (const message of iterate(stream)) {
        try {
          await onMessage(message as Message);
        } catch (error) {
          onError(error as RealtimeError);
        }
      }
    } catch (error) {
      onError(error as RealtimeError);
    }
  }

  let settle: (state: string, error?: RealtimeError) => void = () => {};
  const first = read({
    onState: (state, error) => {
      onState(state, error);
      settle(state, error);
    },
  });
  signal?.addEventListener("abort", close);
  await new Promise<void>((resolve, reject) => {
    settle = (state, error) => {
      if (state === "open") resolve();
      if (state === "closed") {
        reject(new RealtimeError("aborted", "The subscription was closed"));
      }
      if (error) reject(error);
    };
    host.add(first);
  });

  let stream = streamOf(first);
  if (onMessage) {
    const waiting = read({}, first.unread);
    host.add(waiting);
    void call(stream, onMessage);
    stream = streamOf(waiting);
  }
  return Object.assign(stream, {
    getJsonStream: () => derive(asIs),
    getEncodedStream: () => derive(asEvent),
    close,
    unsubscribe: close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterate(stream),
  });
}
