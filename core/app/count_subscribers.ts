import { channelName } from "../channel/channel.ts";
import { badAnswer, parseAnswer } from "../http/json_answer.ts";
import { type HttpContext, request } from "../http/request.ts";
import { checkName } from "../protocol/names.ts";
import type { Realtime } from "../types/realtime.ts";

/** The argument of `subscribers`: a topic, or a channel for all of its topics. */
export type SubscribersTarget = string | Realtime.Channel | {
  readonly channel: string | Realtime.Channel;
  readonly topic: string;
};

/** Asks the gateway how many connections subscribe to a topic or a channel. */
export async function countSubscribers(
  context: HttpContext,
  target: SubscribersTarget,
): Promise<number> {
  // A channel may have topics named "channel" and "topic", but none named "topics".
  const isWhole = typeof target === "string" || "topics" in target;
  const channel = channelName(isWhole ? target : target.channel);
  const topic = isWhole ? undefined : target.topic;
  const query = new URLSearchParams({ channel });
  if (topic !== undefined) query.set("topic", checkName("topic", topic));
  const action = `Cannot count the subscribers of "${channel}"`;
  const path = `/v1/realtime/subscribers?${query}`;
  const answer = await request(context, { path, method: "GET", action });
  const { subscribers } = parseAnswer(answer, action);
  if (typeof subscribers === "number" && Number.isSafeInteger(subscribers)) {
    return subscribers;
  }
  throw badAnswer("is not a number", action);
}
