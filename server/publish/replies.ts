import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Broker, LogEntry, NewMessage } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";

/** Idempotency keys that begin so are the gateway's own. */
export const ANSWER_KEY = "$reply:";

/** An answer that is in the log. */
interface Answer {
  readonly id: string;
  /** The key that its publisher gave it. */
  readonly key: unknown;
}

/**
 * Publishes the answer to a question: one only, the first. The broker decides between answers that come at once, as it does
 * between messages of one idempotency key; the log tells of earlier ones, as long as it has them.
 *
 * @param message The answer, with `key` in its `reply_key`.
 * @param key The publisher's own idempotency key, by which a repetition is known for one.
 * @returns The answer's id.
 * @throws {RealtimeError} `conflict` where another answer was first; `not_found` for a question that is still to come.
 */
export async function publishAnswer(
  broker: Broker,
  channel: string,
  message: NewMessage,
  question: Position,
  key: string,
): Promise<string> {
  const id = formatId(question.epoch, question.offset);
  const { topic } = message;
  let answer = await findAnswer(broker, channel, topic, question, id);
  if (!answer) {
    const [published = ""] = await broker.publish(
      channel,
      [message],
      `${ANSWER_KEY}${topic}:${id}`,
    );
    // Whose answer it is that has this id tells the log.
    answer = await findAnswer(broker, channel, topic, question, id) ??
      { id: published, key: undefined };
  }
  if (answer.key === key) return answer.id;
  throw new RealtimeError(
    "conflict",
    `Cannot answer ${id}: somebody else was faster`,
  );
}

/** The first answer to a question that the log has. */
async function findAnswer(
  broker: Broker,
  channel: string,
  topic: string,
  question: Position,
  id: string,
): Promise<Answer | undefined> {
  for await (const page of logPages(broker, channel, question)) {
    if (page.epoch === question.epoch && question.offset > page.top) {
      throw new RealtimeError(
        "not_found",
        `Cannot answer ${id}: there is no such message`,
      );
    }
    for (const entry of page.entries) {
      const answer = readAnswer(entry, topic, id);
      if (answer) return { id: formatId(page.epoch, entry.offset), ...answer };
    }
  }
}

function readAnswer(
  { topic, json }: LogEntry,
  wanted: string,
  question: string,
): Pick<Answer, "key"> | undefined {
  // A look at the text first: most messages are no answers, and need not be parsed.
  if (topic !== wanted || !json.includes(`"reply_to":"${question}"`)) {
    return undefined;
  }
  const { reply_to, reply_key } = JSON.parse(json);
  return reply_to === question ? { key: reply_key } : undefined;
}
