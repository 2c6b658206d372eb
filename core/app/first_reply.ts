import { RealtimeError } from "../protocol/errors.ts";
import { subscribe } from "../subscribe/subscribe.ts";
import type { RealtimeApp } from "../types/realtime.ts";
import type { OpenQuestion } from "./logged_reply.ts";

/**
 * Waits for the first reply to a question, through restarts of the gateway and for as long as it takes.
 *
 * A page that shows the question can still reply when the log was lost meanwhile. The wait goes on then, with a warning on the console.
 *
 * @param from The position from which to read the log, at or after the question.
 * @returns The reply's data, which are not validated.
 * @throws {RealtimeError} The final error of the subscription; `aborted`.
 */
export async function firstReply(
  app: RealtimeApp,
  { id, channel, topic, action }: OpenQuestion,
  from: string,
  signal: AbortSignal,
): Promise<unknown> {
  const target = { app, channel, topics: [topic] };
  const replies = await subscribe(target, { from, signal });
  for await (const { kind, replyTo, data } of replies) {
    if (kind === "data" && replyTo === id) return data;
  }
  throw new RealtimeError(
    "unavailable",
    `${action}: the subscription has ended`,
  );
}
