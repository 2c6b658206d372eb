import type { RealtimeError } from "../protocol/errors.ts";
import { encoder } from "../protocol/names.ts";
import type { AsyncClosing } from "../types/async_closing.ts";
import type { StreamPlace } from "../types/stream.ts";
import type { ReaderState, StateDetails } from "../types/subscription.ts";
import type { IncomingMessage } from "./decode_message.ts";
import { iterate } from "./iterate.ts";
import {
  closedError,
  createReader,
  isOver,
  type MessageReader,
  type ReaderOptions,
} from "./message_reader.ts";
import { loadSender } from "./load_sender.ts";

/** Options of a subscription. */
export interface SubscriptionOptions extends ReaderOptions {
  /** The start, in a form that the wire knows. */
  readonly since: string | undefined;
  /** Closes the subscription. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the state changes. */
  readonly onState: (state: ReaderState, details: StateDetails) => void;
  /** Called with each message, one after the other. The stream has the messages, too. */
  readonly onMessage?: ((message: IncomingMessage) => unknown) | undefined;
}

/** A subscription: a stream of messages with further methods. */
export type Subscription = ReadableStream<IncomingMessage> & Methods;

interface Methods extends AsyncClosing {
  getJsonStream(): ReadableStream<IncomingMessage>;
  getEncodedStream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
  unsubscribe(): Promise<void>;
  position(): string | undefined;
  send(topic: string, data: unknown): Promise<string>;
  reply(
    question: { id: string; replyTopic: string },
    data: unknown,
  ): Promise<string>;
  stop(stream: StreamPlace): Promise<boolean>;
  [Symbol.asyncIterator](): AsyncIterableIterator<IncomingMessage>;
}

/**
 * Opens a subscription. Resolves when the gateway has accepted it.
 *
 * Each of its streams has its own reader, so that a slow consumer does not delay the others. The readers present the same token, so a final
 * error of one ends all. When the last reader with a consumer ends, all end.
 */
export async function openSubscription(
  options: SubscriptionOptions,
): Promise<Subscription> {
  const { onError, onMessage, signal } = options;
  const readers = new Set<MessageReader>();
  const opened = Promise.withResolvers<void>();
  let hasEnded = false;
  /** Whether the app knows of the outage that goes on. */
  let isToldOfOutage = false;

  async function end(error?: RealtimeError): Promise<void> {
    hasEnded = true;
    await Promise.all([...readers].map((reader) => reader.end(error)));
  }

  async function readerEnded(
    reader: MessageReader,
    error?: RealtimeError,
  ): Promise<void> {
    readers.delete(reader);
    const hasConsumer = [...readers].some(({ stream }) => stream.locked);
    if (error || !hasConsumer) await end(error);
  }

  /** Adds a reader. If the subscription has ended, its stream is empty. */
  function addReader(
    position: string | undefined,
    onState?: SubscriptionOptions["onState"],
  ): MessageReader {
    const reader: MessageReader = createReader(
      options,
      position,
      (state, details) => {
        onState?.(state, details);
        if (isOver(state)) return readerEnded(reader, details.error);
      },
    );
    readers.add(reader);
    if (hasEnded) void reader.end();
    return reader;
  }

  /** Returns another stream, which starts where the first reader is. */
  function fork(): ReadableStream<IncomingMessage> {
    return addReader(first.position()).stream;
  }

  function close(): Promise<void> {
    return end();
  }

  signal?.addEventListener("abort", close);
  const first = addReader(options.since, (state, details) => {
    const { error, attempt } = details;
    options.onState(state, details);
    // The connection tells one of its subscriptions that the gateway is away.
    if (attempt && error && error.code !== "unreachable" && !isToldOfOutage) {
      isToldOfOutage = true;
      onError(error);
    }
    if (state === "open") {
      isToldOfOutage = false;
      opened.resolve();
    }
    if (isOver(state)) {
      signal?.removeEventListener("abort", close);
      opened.reject(error ?? closedError());
    }
  });
  await opened.promise;

  const stream = onMessage ? fork() : first.stream;
  if (onMessage) {
    callWithEach(first.stream, onMessage, onError).catch(onError);
  }
  const sender = loadSender({ ...options, isOver: () => hasEnded });
  const methods: Methods = {
    getJsonStream: fork,
    getEncodedStream: () => fork().pipeThrough(encodeEvents()),
    close,
    unsubscribe: close,
    position: first.position,
    send: (topic, data) => sender.send(topic, data),
    reply: ({ replyTopic, id }, data) => sender.send(replyTopic, data, id),
    stop: sender.stop,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterate(stream),
  };
  return Object.assign(stream, methods);
}

/** Calls a function with each message of a stream, one after the other. Reports what it throws, and continues. */
async function callWithEach(
  stream: ReadableStream<IncomingMessage>,
  onMessage: (message: IncomingMessage) => unknown,
  onError: (error: RealtimeError) => void,
): Promise<void> {
  for await (const message of iterate(stream)) {
    try {
      await onMessage(message);
    } catch (error) {
      onError(error as RealtimeError);
    }
  }
}

/** Makes a transformation of messages into the bytes of Server-Sent Events. JSON has no line breaks, so the data are one line. */
function encodeEvents(): TransformStream<
  IncomingMessage,
  Uint8Array<ArrayBuffer>
> {
  return new TransformStream({
    transform(message, controller) {
      delete message.stream;
      const event = `id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`;
      controller.enqueue(encoder.encode(event));
    },
  });
}
