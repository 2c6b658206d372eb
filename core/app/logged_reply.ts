import { badAnswer, parseAnswer } from "../http/json_answer.ts";
import { type HttpContext, request } from "../http/request.ts";
import { isText } from "../protocol/shape.ts";
import { isLater } from "../subscribe/position.ts";

/** A question that has been published. */
export interface OpenQuestion {
  /** The question's id. */
  readonly id: string;
  readonly channel: string;
  /** The topic of its replies. */
  readonly topic: string;
  /** The beginning of error messages: `Cannot wait for the reply to "k3v9qd2m-1"`. */
  readonly action: string;
}

/** The result of looking for a reply in the log. */
export interface LoggedReply {
  /** The reply, if the log has it. */
  readonly reply?: { readonly data: unknown };
  /** Whether the log has every message since the question. */
  readonly isComplete: boolean;
  /** The id of the newest message that was read, of whatever topic. */
  readonly position: string;
}

/** How many messages of the log are read at once. */
const PAGE = 1000;

/**
 * Looks in the gateway's log for the reply to a question. While the gateway can't be reached it tries again, until the signal aborts.
 *
 * @throws {RealtimeError} The gateway's refusal, or `aborted`.
 */
export async function findLoggedReply(
  context: HttpContext,
  { id, channel, topic, action }: OpenQuestion,
  signal: AbortSignal,
): Promise<LoggedReply> {
  const patient = {
    ...context,
    retry: { ...context.retry, attempts: Infinity },
  };
  let position = id;
  let isComplete = true;
  for (;;) {
    const query = new URLSearchParams({
      channel,
      topic,
      since: position,
      limit: `${PAGE}`,
    });
    const path = `/v1/realtime/history?${query}`;
    const answer = await request(patient, {
      path,
      method: "GET",
      action,
      signal,
    });
    const page = parseAnswer(answer, action);
    if (!Array.isArray(page.messages) || !isText(page.position)) {
      throw badAnswer("is no page of the log", action);
    }
    position = page.position;
    // The log may also end before the question, which then never was in it.
    if (page.gap !== undefined || isLater(id, position)) isComplete = false;
    const reply = page.messages.map(Object).find(({ reply_to }) =>
      reply_to === id
    );
    if (reply || page.more !== true) return { reply, isComplete, position };
  }
}
