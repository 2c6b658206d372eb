import type { PublishOptions, RequestOptions } from "../types/app.ts";
import type { Publication, RealtimeApp } from "../types/app.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { validate } from "../channel/validate.ts";
import { subscribe } from "../subscribe/subscribe.ts";
import type { Realtime, Untyped } from "../types/realtime.ts";

/** How long an answer is waited for by default: as long as a gateway keeps the question by default. */
const TIMEOUT_MS = 300_000;

/** Asks a question, and waits for the first answer. */
export async function request(
  app: RealtimeApp,
  ask: (options: PublishOptions) => Promise<Publication>,
  { channel, topic, reply }: Realtime.Topic.Ref,
  { timeout = TIMEOUT_MS, signal, ...options }: RequestOptions,
): Promise<unknown> {
  const action = `Cannot ask "${channel}", topic "${topic}"`;
  if (!reply) {
    throw new TypeError(
      `${action}: the topic has no reply(), which says where it is answered`,
    );
  }
  const ending = new AbortController();
  const overdue = new RealtimeError(
    "timeout",
    `${action}: nobody answered in ${timeout} ms`,
  );
  const timer = setTimeout(() => ending.abort(overdue), timeout);
  const abort = (): void =>
    ending.abort(
      new RealtimeError("aborted", `${action}: it was aborted`, {
        cause: signal?.reason,
      }),
    );
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    ending.signal.throwIfAborted();
    const { id } = await ask({ ...options, signal: ending.signal });
    const data = await answerTo(id, ending.signal, {
      app,
      channel,
      topics: [reply.name],
    });
    const schema = reply.getSchema();
    return schema ? await validate(schema, data, action) : data;
  } catch (error) {
    // What it was ended for says more than what that led to.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** The data of the first message that answers the one with this id. */
async function answerTo(
  id: string,
  signal: AbortSignal,
  target: Realtime.Subscribe.Target<string, readonly string[]>,
): Promise<unknown> {
  // From the question on: an answer that is there before the subscription is none that is missed.
  const options = { from: id, signal, onGap() {} };
  const answers = await subscribe(target, options).catch(
    (error: RealtimeError) => {
      // A connection has so many topics and no more. One of its own has room.
      if (error.code !== "too_many") throw error;
      return subscribe(target, { ...options, multiplex: false });
    },
  );
  for await (const message of answers) {
    const { kind, replyTo, data }: Untyped = message;
    if (kind === "data" && replyTo === id) return data;
  }
  throw new RealtimeError("unavailable", `The answers to ${id} ended`);
}
