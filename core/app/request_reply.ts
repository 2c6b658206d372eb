import { type Duration, toMs } from "../protocol/duration.ts";
import { MAX_KEY_TTL } from "../protocol/limits.ts";
import type { RealtimeApp, RequestOptions } from "../types/app.ts";
import type { Realtime } from "../types/realtime.ts";
import { firstReply } from "./first_reply.ts";
import { REPLY_TIMEOUT, withReplyDeadline } from "./reply_deadline.ts";
import { replyTopic, validReply } from "./reply_topic.ts";

/** How long a gateway remembers a key for which no time is asked, in seconds. */
const DEFAULT_KEY_TTL = 120;

/** Publishes a question to its topic and waits for the first reply. */
export async function requestReply(
  app: RealtimeApp,
  question: Realtime.Topic.Ref,
  data: unknown,
  { timeout = REPLY_TIMEOUT, signal, ...options }: RequestOptions,
): Promise<unknown> {
  const { channel } = question;
  const action = `Cannot ask "${channel}", topic "${question.topic}"`;
  const reply = replyTopic(question, action);
  return await withReplyDeadline(
    action,
    { timeout, signal },
    async (signal) => {
      const { id } = await app.publish(question, data, {
        ...options,
        keyTtl: options.keyTtl ?? keyTtlFor(action, timeout),
        signal,
      });
      const open = { id, channel, topic: reply.name, action };
      // The subscription starts at the question, and so finds a reply that came before it.
      const answer = await firstReply(app, open, id, signal);
      return await validReply(reply, answer, action);
    },
  );
}

/** Returns how many seconds a question's key is to be remembered, so that it remains one question while it waits for its reply. */
function keyTtlFor(action: string, timeout: Duration): number | undefined {
  const seconds = Math.ceil(toMs(`${action}: "timeout"`, timeout) / 1000);
  return seconds > DEFAULT_KEY_TTL ? Math.min(seconds, MAX_KEY_TTL) : undefined;
}
