import { validate } from "../channel/validate.ts";
import { isTransient } from "../http/transient.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { isBoolean, isText } from "../protocol/shape.ts";
import { backoff } from "../time/backoff.ts";
import type { StreamPlace } from "../types/stream.ts";
import { askGateway } from "./ask_gateway.ts";
import { closedError, type ReaderOptions } from "./message_reader.ts";
import { isTokenRefusal } from "./token_source.ts";

/** The parts of a subscription that sending needs. */
export interface Sender
  extends
    Pick<ReaderOptions, "channel" | "tokens" | "schemaOf" | "connection"> {
  /** Tells whether the subscription has ended, so that it sends no more. */
  readonly isOver: () => boolean;
}

/** Together the attempts take less than the two minutes in which the gateway remembers an idempotency key. */
const ATTEMPTS = 6;

/**
 * Sends a request, with retries: each request is safe to repeat.
 *
 * @param is Tells whether the answer's field has its type.
 * @returns The field of the answer.
 * @throws {RealtimeError} The gateway's refusal; `aborted` if the subscription is closed; `network` if the gateway can't be reached;
 * `internal` for a malformed answer.
 */
async function ask<T>(
  { tokens, connection: { url }, isOver }: Sender,
  path: string,
  body: string | null,
  field: string,
  is: (value: unknown) => value is T,
): Promise<T> {
  let failure = new RealtimeError(
    "network",
    `Cannot send: the gateway at ${url} can't be reached`,
  );
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) {
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt - 1)));
    }
    if (isOver()) throw closedError();
    const answer = await askGateway(url, path, tokens.jwt, {
      method: "POST",
      body,
    });
    if (answer) {
      const { [field]: value, error } = answer;
      if (is(value)) return value;
      failure = error
        ? errorOf(error)
        : new RealtimeError("internal", "Cannot read the answer");
    }
    // The readers replace a refused token, so a later attempt may have another one.
    if (!isTransient(failure) && !isTokenRefusal(failure)) break;
  }
  throw failure;
}

/** Publishes a message, which may be the reply to a question, and returns its id. An idempotency key makes its retries safe. */
export async function send(
  sender: Sender,
  topic: string,
  data: unknown,
  questionId?: string,
): Promise<string> {
  const { channel, schemaOf } = sender;
  await validate(schemaOf(topic), data, "Cannot send");
  // crypto.randomUUID is missing in pages without TLS. The key does not have to be secret.
  const key = `${Math.random()}`;
  const message = { channel, topic, data, reply_to: questionId, key };
  const body = JSON.stringify(message);
  return await ask(sender, "publish/batch", body, "id", isText);
}

/** Stops a data stream. Returns `true` if this call ended it. */
export async function stop(
  sender: Sender,
  { channel, topic, streamId }: StreamPlace,
): Promise<boolean> {
  const query = new URLSearchParams({ channel, topic, stream_id: streamId });
  const path = `stream/stop?${query}`;
  return await ask(sender, path, null, "stopped", isBoolean);
}
