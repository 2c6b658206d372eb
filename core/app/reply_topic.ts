import { invalidArgument } from "../protocol/duration.ts";
import { validate } from "../channel/validate.ts";
import type { MaybePromise, Realtime } from "../types/realtime.ts";
import type { TopicDefinition } from "../types/topic.ts";

/**
 * Returns the topic of the replies to a topic's questions.
 *
 * @param action The beginning of the error's message: `Cannot ask "approvals:1"`.
 * @throws {RealtimeError} `invalid_argument` if the topic has none.
 */
export function replyTopic(
  { reply }: Realtime.Topic.Ref,
  action: string,
): TopicDefinition {
  if (reply) return reply;
  throw invalidArgument(
    `${action}: the topic has no reply() that names the topic for replies`,
  );
}

/**
 * Returns the data of a reply as its topic's schema gives them out.
 *
 * @throws {RealtimeError} `invalid_data`.
 */
export function validReply(
  topic: TopicDefinition,
  data: unknown,
  action: string,
): MaybePromise<unknown> {
  return validate(topic.getSchema(), data, action);
}
