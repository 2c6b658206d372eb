import { validate } from "../channel/validate.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type {
  MaybePromise,
  Realtime,
  Streamed,
  StreamSource,
} from "../types/realtime.ts";

/** Whether data are to be published as a data stream: one, or a function that begins one. */
export function isStreamed(data: unknown): data is StreamSource<unknown> {
  const { getReader, [Symbol.asyncIterator]: iterate } = Object(data);
  return typeof data === "function" ||
    typeof (iterate ?? getReader) === "function";
}

async function* checkEach(
  schema: StandardSchema,
  pieces: Streamed<unknown>,
  action: string,
): AsyncGenerator<unknown, void, undefined> {
  for await (const piece of pieces as AsyncIterable<unknown>) {
    await validate(schema, piece, action);
    yield piece;
  }
}

/**
 * Makes the message of a topic, once its data match the schema. It carries the data as they are given, not what the schema makes of
 * them: subscribers have the same schema, and apply it themselves. A stream is checked while it is read.
 *
 * @throws {RealtimeError} `invalid_data`.
 */
async function check(
  message: Realtime.Message.Input,
  schema: StandardSchema | undefined,
): Promise<CheckedInput> {
  const { channel, topic, data } = message;
  if (!schema) return message;
  const action = `Cannot publish to "${channel}", topic "${topic}"`;
  if (isStreamed(data)) {
    const pieces: StreamSource<unknown> = typeof data === "function"
      ? async (signal) => checkEach(schema, await data(signal), action)
      : checkEach(schema, data, action);
    return { ...message, data: pieces, areWhole: true };
  }
  await validate(schema, data, action);
  return message;
}

/** A message as a topic makes it: with the schema that its data are checked by. */
interface UncheckedInput extends Realtime.Message.Input {
  readonly schema?: StandardSchema;
}

/** A message whose pieces match a schema each: text must not be joined with its neighbour, it might match no more. */
export interface CheckedInput extends Realtime.Message.Input {
  readonly areWhole?: boolean;
}

/** Whether `publish` was called as `publish(topic, data)`. */
export function isTopicRef(value: unknown): value is Realtime.Topic.Ref {
  return "config" in Object(value);
}

/**
 * Settles what `publish` was called with: a message, the promise of one, or a topic and data.
 *
 * @throws {RealtimeError} `invalid_data` for data that don't match the topic's schema.
 */
export async function resolveMessageInput(
  target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
  data: unknown,
): Promise<CheckedInput> {
  if (!isTopicRef(target)) {
    const { schema, ...message }: UncheckedInput = await target;
    return await check(message, schema);
  }
  const { channel, topic, config, reply } = target;
  const message = { channel, topic, data };
  return await check(
    reply ? { ...message, replyTopic: reply.name } : message,
    config.schema,
  );
}
