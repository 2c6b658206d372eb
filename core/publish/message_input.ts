import { validate } from "../channel/validate.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type {
  MaybePromise,
  Realtime,
  Streamed,
  StreamSource,
} from "../types/realtime.ts";
import { isStreamSource } from "./stream_source.ts";

/** A message whose data matches its topic's schema. */
export interface CheckedInput extends Realtime.Message.Input {
  /** Whether the pieces of its stream match the schema each: joined text might not match it any more. */
  readonly keepPieces?: boolean | undefined;
}

/** A message as a topic makes it, with the schema for its data. */
interface UncheckedInput extends Realtime.Message.Input {
  readonly schema?: StandardSchema;
}

/** Tells whether `publish` was called as `publish(topic, data)`. */
export function isTopicRef(value: unknown): value is Realtime.Topic.Ref {
  return "config" in Object(value);
}

/**
 * Makes one checked message of the arguments of `publish`: a message, the promise of one, or a topic and data.
 *
 * @throws {RealtimeError} `invalid_data` for data that doesn't match the topic's schema.
 */
export async function resolveMessageInput(
  target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
  data: unknown,
): Promise<CheckedInput> {
  if (!isTopicRef(target)) {
    const { schema, ...message }: UncheckedInput = await target;
    return await checkData(message, schema);
  }
  const { channel, topic, config, reply } = target;
  const message = { channel, topic, data };
  return await checkData(
    reply ? { ...message, replyTopic: reply.name } : message,
    config.schema,
  );
}

/**
 * Checks a message's data by a schema; the pieces of a stream are checked while they are read. The message keeps its original data, not
 * the schema's output: subscribers apply the same schema themselves.
 */
async function checkData(
  message: Realtime.Message.Input,
  schema: StandardSchema | undefined,
): Promise<CheckedInput> {
  const { channel, topic, data } = message;
  if (!schema) return message;
  const action = `Cannot publish to "${channel}", topic "${topic}"`;
  if (!isStreamSource(data)) {
    await validate(schema, data, action);
    return message;
  }
  const checked: StreamSource<unknown> = typeof data === "function"
    ? async (signal) => checkPieces(schema, await data(signal), action)
    : checkPieces(schema, data, action);
  return { ...message, data: checked, keepPieces: true };
}

async function* checkPieces(
  schema: StandardSchema,
  pieces: Streamed<unknown>,
  action: string,
): AsyncGenerator<unknown, void, undefined> {
  for await (const piece of pieces as AsyncIterable<unknown>) {
    await validate(schema, piece, action);
    yield piece;
  }
}
