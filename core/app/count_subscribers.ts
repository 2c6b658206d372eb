import { channelName } from "../channel/channel.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { type HttpContext, request } from "../http/request.ts";
import { checkName } from "../protocol/names.ts";
import type { Realtime } from "../types/realtime.ts";

/** What `subscribers` takes: a topic, or a channel for any of its topics. */
export type SubscribersTarget = string | Realtime.Channel | {
  readonly channel: string | Realtime.Channel;
  readonly topic: string;
};

/**
 * Asks the gateway how many connections follow a topic or channel.
 *
 * @throws {RealtimeError} The gateway's refusal, or that it can't be reached.
 */
export async function countSubscribers(
  context: HttpContext,
  target: SubscribersTarget,
): Promise<number> {
  const { channel, topic } = resolve(target);
  const query = new URLSearchParams({
    channel: checkName("channel", channel),
    ...topic === undefined ? {} : { topic: checkName("topic", topic) },
  });
  const action = `Cannot count the subscribers of "${channel}"`;
  const answer = await request(context, {
    path: `/v1/realtime/subscribers?${query}`,
    method: "GET",
    headers: {},
    signal: undefined,
    action,
  });
  const { subscribers } = Object(JSON.parse(answer));
  if (Number.isSafeInteger(subscribers)) return subscribers;
  throw new RealtimeError("internal", `${action}: the answer is no number`);
}

function resolve(
  target: SubscribersTarget,
): { channel: string; topic?: string } {
  if (typeof target === "string" || isChannel(target)) {
    return { channel: channelName(target) };
  }
  return { channel: channelName(target.channel), topic: target.topic };
}

/** A channel's topics may be called `channel` and `topic`, but not `topics`. */
function isChannel(
  target: Exclude<SubscribersTarget, string>,
): target is Realtime.Channel {
  return "topics" in target;
}
