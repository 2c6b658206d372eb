import { validate } from "../channel/validate.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type {
  MaybePromise,
  Realtime,
  Streamed,
  StreamSource,
} from "../types/realtime.ts";
import { isStreamSource } from "./stream_source.ts";

/** A message whose data are checked by its topic's schema. */
export interface CheckedInput extends Realtime.Message.Input {
  /** Rejects if the data do not match the schema; absent if they do. Only a schema that works asynchronously needs it. */
  readonly checking?: Promise<unknown> | undefined;
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
 * Makes one message of the arguments of `publish`: a message, the promise of one, or a topic and data. The result is a promise only if the
 * message is one, so that messages keep the order of the calls.
 *
 * @throws {RealtimeError} `invalid_data` for data that don't match the topic's schema.
 */
export function resolveMessageInput(
  target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
  data: unknown,
): MaybePromise<CheckedInput> {
  // The promise may be one of another library.
  if (isPromise(target)) return Promise.resolve(target).then(checkMessage);
  if (!isTopicRef(target)) return checkMessage(target);
  const { channel, topic, config, reply } = target;
  const message = { channel, topic, data };
  return checkData(
    reply ? { ...message, replyTopic: reply.name } : message,
    config.schema,
  );
}

/** Does the same, and waits until the data are checked. */
export async function resolveCheckedInput(
  target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
  data: unknown,
): Promise<CheckedInput> {
  const { checking, ...message } = await resolveMessageInput(target, data);
  await checking;
  return message;
}

function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof Object(value).then === "function";
}

function checkMessage({ schema, ...message }: UncheckedInput): CheckedInput {
  return checkData(message, schema);
}

/**
 * Checks a message's data by a schema; the pieces of a stream are checked while they are read. The message keeps its original data, not
 * the schema's output: subscribers apply the same schema themselves.
 */
function checkData(
  message: CheckedInput,
  schema: StandardSchema | undefined,
): CheckedInput {
  const { channel, topic, data } = message;
  if (!schema) return message;
  const action = `Cannot publish to "${channel}", topic "${topic}"`;
  if (!isStreamSource(data)) {
    const checking = validate(schema, data, action);
    return checking instanceof Promise ? { ...message, checking } : message;
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
