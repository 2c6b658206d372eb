import type { HttpContext } from "../http/request.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { isId } from "../protocol/shape.ts";
import type { RealtimeApp, WaitForReplyOptions } from "../types/app.ts";
import type { Realtime } from "../types/realtime.ts";
import { firstReply } from "./first_reply.ts";
import { findLoggedReply, type OpenQuestion } from "./logged_reply.ts";
import { withReplyDeadline } from "./reply_deadline.ts";
import { replyTopic, validReply } from "./reply_topic.ts";

/** Waits for the first reply to a question that was published before. */
export async function waitForReply(
  app: RealtimeApp,
  context: HttpContext,
  question: Realtime.Topic.Ref,
  id: string,
  options: WaitForReplyOptions,
): Promise<unknown> {
  const { channel } = question;
  const action = `Cannot wait for the reply to "${id}"`;
  const reply = replyTopic(question, action);
  if (!isId(id)) {
    throw new RealtimeError(
      "invalid_argument",
      `${action}: it is not the id of a message`,
    );
  }
  const open: OpenQuestion = { id, channel, topic: reply.name, action };
  return await withReplyDeadline(action, options, async (signal) => {
    const logged = await findLoggedReply(context, open, signal);
    if (!logged.reply && !logged.isComplete) {
      throw new RealtimeError(
        "not_found",
        `${action}: the log of "${channel}" does not reach back to it, so the reply may be lost`,
      );
    }
    const data = logged.reply
      ? logged.reply.data
      : await firstReply(app, open, logged.position, signal);
    return await validReply(reply, data, action);
  });
}
