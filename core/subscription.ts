import { RealtimeError } from "./errors.ts";
import { iterate } from "./iterate.ts";
import {
  createReader,
  type Reader,
  type ReaderMessage,
  type ReaderOptions,
  type ReaderState,
} from "./reader.ts";
import { send } from "./send.ts";
import type { Untyped } from "./types.ts";

/** What a subscription is made of. */
export interface SubscriptionOptions extends ReaderOptions {
  /** Where it starts, as the wire has it. */
  readonly since: string | undefined;
  /** Closes it when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** It is in another state; with the error when it failed. */
  readonly onState: (state: ReaderState, error?: RealtimeError) => void;
  /** Gets the messages, one after the other, besides the stream. */
  readonly onMessage?: ((message: Untyped) => unknown) | undefined;
}

/** What a subscription is besides a stream. */
export interface SubscriptionMethods {
  getJsonStream(): ReadableStream<Untyped>;
  getEncodedStream(): ReadableStream<Untyped>;
  close(): Promise<void>;
  unsubscribe(): Promise<void>;
  position(): string | undefined;
  send(topic: string, data: unknown): Promise<string>;
  reply(message: Untyped, data: unknown): Promise<string>;
  [Symbol.asyncIterator](): AsyncIterableIterator<Untyped>;
  [Symbol.asyncDispose](): Promise<void>;
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

/** Gives an app's function the messages, one after the other. */
async function callEach(
  messages: AsyncIterableIterator<Untyped>,
  onMessage: (message: Untyped) => unknown,
  onError: (error: RealtimeError) => void,
): Promise<void> {
  try {
    for await (const message of messages) {
      // What the app's own function throws ends nothing.
      await Promise.resolve(message).then(onMessage).catch(onError);
    }
  } catch (error) {
    onError(error as RealtimeError);
  }
}

/**
 * Opens a subscription: the stream of its messages, from which more streams can be had. Each has a reader of its own, so that one that
 * is slow, or not read at all, keeps nothing from the others. Resolves when the gateway has accepted it.
 */
export async function openSubscription(
  options: SubscriptionOptions,
): Promise<ReadableStream<Untyped> & SubscriptionMethods> {
  const { onError, onMessage, signal } = options;
  const readers = new Set<Reader>();
  const opened = Promise.withResolvers<void>();
  let isOver = false;
  /** Where another reader begins. */
  let begin = (): string | undefined => options.since;

  async function endAll(error?: RealtimeError): Promise<void> {
    isOver = true;
    await Promise.all([...readers].map((reader) => reader.end(error)));
  }

  function close(): Promise<void> {
    return endAll();
  }

  function read(
    toChunk: (message: ReaderMessage) => unknown,
    onState?: SubscriptionOptions["onState"],
  ): Reader {
    const reader = createReader(
      options,
      begin(),
      toChunk,
      (state, error) => {
        onState?.(state, error);
        if (
          (state === "closed" || error) && readers.delete(reader) &&
          // All present the same tokens: what is final for one is final for all. And what nobody reads is not kept.
          (error || ![...readers].some(({ stream }) => stream.locked))
        ) return endAll(error);
      },
    );
    readers.add(reader);
    if (isOver) void reader.end();
    return reader;
  }

  signal?.addEventListener("abort", close);
  const first = read(asIs, (state, error) => {
    options.onState(state, error);
    if (state === "open") opened.resolve();
    if (state === "closed" || error) {
      signal?.removeEventListener("abort", close);
      opened.reject(
        error ?? new RealtimeError("aborted", "The subscription is closed"),
      );
    }
  });
  begin = first.position;
  await opened.promise;

  const sendTo = send.bind(null, options, () => isOver);
  let { stream } = first;
  if (onMessage) {
    ({ stream } = read(asIs));
    void callEach(iterate(first.stream), onMessage, onError);
  }
  return Object.assign(stream, {
    getJsonStream: () => read(asIs).stream,
    getEncodedStream: () => read(toEvent).stream,
    close,
    unsubscribe: close,
    position: begin,
    send: sendTo,
    reply: sendTo,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterate(stream),
  });
}
