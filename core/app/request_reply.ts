import type { RealtimeApp, RequestOptions } from "../types/app.ts";
import { abortedError } from "../http/aborted.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { validate } from "../channel/validate.ts";
import { subscribe } from "../subscribe/subscribe.ts";
import type { Realtime } from "../types/realtime.ts";

/** How long to wait for a reply by default: as long as a gateway keeps the question by default. */
const TIMEOUT_MS = 300_000;

/** Publishes a question to its topic and waits for the first reply. */
export async function requestReply(
  app: RealtimeApp,
  topic: Realtime.Topic.Ref,
  question: unknown,
  { timeout = TIMEOUT_MS, signal, ...options }: RequestOptions,
): Promise<unknown> {
  const { channel, reply } = topic;
  const action = `Cannot ask "${channel}", topic "${topic.topic}"`;
  if (!reply) {
    throw new TypeError(
      `${action}: the topic has no reply() that names the topic for replies`,
    );
  }
  const ending = new AbortController();
  const timer = setTimeout(() => {
    const reason = `${action}: no reply came within ${timeout} ms`;
    ending.abort(new RealtimeError("timeout", reason));
  }, timeout);
  const abort = (): void => ending.abort(abortedError(action, signal));
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    ending.signal.throwIfAborted();
    const { id } = await app.publish(topic, question, {
      ...options,
      signal: ending.signal,
    });
    const target = { app, channel, topics: [reply.name] };
    const data = await firstReply(id, ending.signal, target);
    const schema = reply.getSchema();
    return schema ? await validate(schema, data, action) : data;
  } catch (error) {
    // The timeout or the abort is the cause of whatever failed after it.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Waits for the first reply to the question with this id, and returns its data. */
async function firstReply(
  id: string,
  signal: AbortSignal,
  target: Realtime.Subscribe.Target<string, readonly string[]>,
): Promise<unknown> {
  // The subscription starts at the question, and so finds a reply that came before it. Gaps do not matter here.
  const options = { from: id, signal, onGap() {} };
  const replies = await subscribe(target, options).catch(
    (error: RealtimeError) => {
      // The shared connection has as many topics as the gateway allows. A connection of its own has room.
      if (error.code !== "too_many") throw error;
      return subscribe(target, { ...options, multiplex: false });
    },
  );
  for await (const { kind, replyTo, data } of replies) {
    if (kind === "data" && replyTo === id) return data;
  }
  throw new RealtimeError(
    "unavailable",
    `Cannot wait for replies to ${id}: the subscription ended`,
  );
}
