import { backoff } from "../time/backoff.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { errorOf } from "../protocol/error_body.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { iterate } from "./iterate.ts";
import { encoder } from "../protocol/names.ts";
import {
  createReader,
  type Reader,
  type ReaderOptions,
} from "./message_reader.ts";
import type { Sender } from "./send.ts";
import type { StreamPlace } from "../types/stream.ts";
import type { ReaderState } from "../types/subscription.ts";
import type { Untyped } from "../types/realtime.ts";

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
  stop(stream: StreamPlace): Promise<boolean>;
  [Symbol.asyncIterator](): AsyncIterableIterator<Untyped>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Writes messages as Server-Sent Events. JSON has no line breaks, so the data is one line. */
function toEvents(): TransformStream<Untyped, Uint8Array> {
  return new TransformStream({
    transform({ stream: _, ...message }, controller) {
      controller.enqueue(
        encoder.encode(
          `id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`,
        ),
      );
    },
  });
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
  let isOver = false;
  const opened = Promise.withResolvers<void>();
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
    onState?: SubscriptionOptions["onState"],
  ): Reader {
    const reader = createReader(
      options,
      begin(),
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
  const first = read((state, error) => {
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

  const { url } = options.connection;
  const sender: Sender = {
    ...options,
    url,
    fetch: gatewayFetch(url),
    errorOf,
    backoff,
    isOver: () => isOver,
  };
  /** The code for that is fetched where it is needed only: most subscriptions send nothing. */
  function later(
    name: "send" | "stop",
  ): (...args: Untyped) => Promise<Untyped> {
    return async (...args: [Untyped, unknown]) =>
      (await import("./send.ts"))[name](sender, ...args);
  }

  let { stream } = first;
  if (onMessage) {
    ({ stream } = read());
    first.stream.pipeTo(
      new WritableStream({
        // What the app's own function throws ends nothing.
        write: (message) =>
          Promise.resolve(message).then(onMessage).catch(
            onError,
          ) as Promise<void>,
      }),
    ).catch(onError);
  }
  return Object.assign(stream, {
    getJsonStream: () => read().stream,
    getEncodedStream: () => read().stream.pipeThrough(toEvents()),
    close,
    unsubscribe: close,
    position: begin,
    send: later("send"),
    reply: later("send"),
    stop: later("stop"),
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterate(stream),
  });
}
