import { RealtimeError } from "./errors.ts";
import { iterate } from "./iterate.ts";
import {
  createReader,
  type Reader,
  type ReaderMessage,
  type ReaderOptions,
  type ReaderState,
} from "./reader.ts";

/** What a subscription is made of. */
export interface SubscriptionOptions extends ReaderOptions {
  /** Where it starts, as the wire has it. */
  readonly since: string | undefined;
  /** Closes it when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** It is in another state; with the error when it failed. */
  readonly onState: (state: ReaderState, error?: RealtimeError) => void;
  /** Gets the messages, one after the other; then the stream itself waits at the start until it is read. */
  readonly onMessage: ((message: ReaderMessage) => unknown) | undefined;
}

/** What a subscription is besides a stream. */
export interface SubscriptionMethods extends AsyncDisposable {
  getJsonStream(): ReadableStream<unknown>;
  getEncodedStream(): ReadableStream<unknown>;
  close(): Promise<void>;
  unsubscribe(): Promise<void>;
  [Symbol.asyncIterator](): AsyncGenerator;
}

function asIs(message: ReaderMessage): ReaderMessage {
  return message;
}

/** One Server-Sent Event. JSON has no line breaks, so the data is one line. */
function toEvent({ stream: _, ...message }: ReaderMessage): Uint8Array {
  return new TextEncoder().encode(
    `id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`,
  );
}

/**
 * Opens a subscription: the stream of its messages, from which more streams can be had. Each has a reader of its own, so that one that
 * is slow, or not read at all, keeps nothing from the others. Resolves when the gateway has accepted it.
 */
export async function openSubscription(
  options: SubscriptionOptions,
): Promise<ReadableStream<unknown> & SubscriptionMethods> {
  const { onError, onMessage, signal } = options;
  const readers = new Set<Reader>();
  let first: Reader | undefined;

  async function close(): Promise<void> {
    signal?.removeEventListener("abort", close);
    await Promise.all([...readers].map((reader) => reader.close()));
  }

  function read(
    deliver: (message: ReaderMessage) => unknown = asIs,
    onCancel = close,
    onState?: SubscriptionOptions["onState"],
  ): Reader {
    const reader = createReader(
      options,
      first ? first.unread() : options.since,
      first ? "paused" : "joining",
      deliver,
      onCancel,
      (state, error) => {
        onState?.(state, error);
        // They all present the same tokens: what is final for one is final for all.
        if (error) { for (const other of readers) other.fail(error); }
      },
    );
    readers.add(reader);
    return reader;
  }

  function derive(
    deliver?: (message: ReaderMessage) => unknown,
  ): ReadableStream<unknown> {
    const reader = read(deliver, async () => {
      readers.delete(reader);
      // What is left is a stream that nobody ever read.
      if (readers.size === 1 && !first?.isUsed()) await close();
    });
    return reader.stream;
  }

  await new Promise<void>((resolve, reject) => {
    first = read(asIs, close, (state, error) => {
      options.onState(state, error);
      if (state === "open") resolve();
      if (state === "closed") {
        reject(new RealtimeError("aborted", "The subscription is closed"));
      }
      if (error) reject(error);
    });
    if (signal?.aborted) void close();
    signal?.addEventListener("abort", close);
  });

  let stream = first.stream;
  if (onMessage) {
    stream = read().stream;
    first.stream.pipeTo(
      new WritableStream({
        async write(message) {
          try {
            await onMessage(message as ReaderMessage);
          } catch (error) {
            onError(error as RealtimeError);
          }
        },
      }),
    ).catch(onError);
  }
  return Object.assign(stream, {
    getJsonStream: () => derive(),
    getEncodedStream: () => derive(toEvent),
    close,
    unsubscribe: close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterate(stream),
  });
}
