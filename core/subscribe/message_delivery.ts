import { validate } from "../channel/validate.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { isJsonObject } from "../protocol/shape.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import { type BoundedStream, createBoundedStream } from "./bounded_stream.ts";
import { type IncomingMessage, isStreamBoundary } from "./decode_message.ts";

const DEFAULT_MAX_UNREAD = 8 * 1024 * 1024;

/** Options of a delivery. */
export interface DeliveryOptions {
  /** The limit of unread messages, in characters of JSON. */
  readonly maxUnread?: number | undefined;
  /** Returns the schema by which the messages of a topic are validated, if there is one. */
  readonly schemaOf: (topic: string) => StandardSchema | undefined;
  readonly onError: (error: RealtimeError) => void;
}

/** Delivers messages to the app, in order: validates them, adds them to their data streams, and queues them in one stream. */
export interface MessageDelivery {
  readonly stream: ReadableStream<IncomingMessage>;
  /** Returns how much is unread, as a fraction of the limit. */
  load(): number;
  /** Delivers a message; if it has to be validated, after those before it. */
  add(message: IncomingMessage, size: number): void;
  /** Ends the data streams with an error: all, or only those that have a consumer. */
  endStreams(error: RealtimeError, hasConsumer?: true): void;
  /** Resolves when all messages so far are delivered. */
  settled(): Promise<void>;
  /** Ends the stream after its unread messages; with an error, if it failed. */
  end(error?: RealtimeError): void;
}

/** Makes a delivery. It calls `onRoom` when there may be room again, and `onCancel` when its stream is cancelled. */
export function createDelivery(
  { maxUnread = DEFAULT_MAX_UNREAD, schemaOf, onError }: DeliveryOptions,
  onRoom: () => void,
  onCancel: () => Promise<void>,
): MessageDelivery {
  const messages: BoundedStream<IncomingMessage> = createBoundedStream(
    maxUnread,
    onRoom,
    onCancel,
  );
  const { stream, end } = messages;
  const dataStreams = new Map<string, BoundedStream<unknown>>();
  /** Resolves when all validations are done. */
  let validating = Promise.resolve();
  /** The size of the messages that wait for validation. */
  let validatingSize = 0;

  function push(message: IncomingMessage, data: unknown, size: number): void {
    // A copy, because other readers of the connection get the same object.
    const copy = { ...message, data };
    const { streamId } = message;
    if (streamId !== undefined) {
      copy.stream = addToStream(dataStreams, streamId, copy, size, maxUnread);
    }
    messages.push(copy, size);
  }

  async function pushValidated(
    message: IncomingMessage,
    schema: StandardSchema | undefined,
    size: number,
  ): Promise<void> {
    const { id, data } = message;
    try {
      const output = await validate(schema, data, `Cannot accept ${id}`);
      push(message, output, size);
    } catch (error) {
      onError(error as RealtimeError);
    }
    validatingSize -= size;
    onRoom();
  }

  return {
    stream,
    load: () => (messages.unread() + validatingSize) / maxUnread,
    add(message, size) {
      const { id, kind, topic, data } = message;
      let schema: StandardSchema | undefined;
      try {
        if (!isStreamBoundary(kind)) schema = schemaOf(topic);
      } catch (cause) {
        // The app's own channel may have topics of any form. This runs in the handler of a socket.
        const reason = `Cannot accept ${id}: the topic's schema can't be read`;
        return onError(new RealtimeError("invalid_data", reason, { cause }));
      }
      if (!schema && validatingSize === 0) return push(message, data, size);
      validatingSize += size;
      validating = validating.then(() => pushValidated(message, schema, size));
    },
    endStreams(error, hasConsumer) {
      for (const { stream, end } of dataStreams.values()) {
        if (!hasConsumer || stream.locked) end(error);
      }
    },
    settled: () => validating,
    end,
  };
}

/** Starts the data stream of a message, adds a chunk to it, or ends it. Returns the whole stream. */
function addToStream(
  streams: Map<string, BoundedStream<unknown>>,
  streamId: string,
  { kind, data, metadata }: IncomingMessage,
  size: number,
  limit: number,
): ReadableStream<unknown> {
  const target = streams.get(streamId) ?? createBoundedStream<unknown>(limit);
  streams.set(streamId, target);
  if (kind === "chunk") target.push(data, size);
  if (kind === "datastream-end") {
    const error = isJsonObject(metadata) ? metadata.error : undefined;
    target.end(error ? errorOf(error) : undefined);
    streams.delete(streamId);
  }
  return target.stream;
}
