import { validate } from "../channel/validate.ts";
import { RealtimeError } from "../protocol/errors.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import { createBoundedStream } from "./bounded_stream.ts";
import { createDataStreams, type DataStreams } from "./data_streams.ts";
import { type IncomingMessage, isStreamBoundary } from "./decode_message.ts";

const DEFAULT_MAX_UNREAD = 8 * 1024 * 1024;

/** Options of a delivery. */
export interface DeliveryOptions {
  /** The limit of unread messages, in characters of JSON. The unread chunks of all data streams have the same limit. */
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
  readonly endStreams: DataStreams["end"];
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
  const messages = createBoundedStream<IncomingMessage>(onRoom, onCancel);
  const { stream, end } = messages;
  const dataStreams = createDataStreams(maxUnread);
  /** Resolves when all validations are done. */
  let validating = Promise.resolve();
  /** The size of the messages that wait for validation. */
  let validatingSize = 0;

  function push(message: IncomingMessage, data: unknown, size: number): void {
    messages.push(dataStreams.add(message, data, size), size);
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
      validating = validating
        .then(() => validate(schema, data, `Cannot accept ${id}`))
        .then((output) => push(message, output, size))
        .catch(onError)
        .then(() => {
          validatingSize -= size;
          onRoom();
        });
    },
    endStreams: dataStreams.end,
    settled: () => validating,
    end,
  };
}
