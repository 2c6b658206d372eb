import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Broker, NewMessage } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";

/** Prefix of the idempotency keys that the gateway reserves for replies. */
export const REPLY_KEY_PREFIX = "$reply:";

/** A reply that is in the log, and the idempotency key that its publisher chose. */
interface Reply {
  readonly id: string;
  readonly key: unknown;
}

/**
 * Publishes a reply. Each message gets at most one in each topic: the first.
 *
 * An idempotency key for all replies lets the broker decide between those that come at the same time; the log shows earlier ones for as
 * long as it keeps them.
 *
 * @param key The publisher's own idempotency key, also in the message's `reply_key`. It tells its retries from other replies.
 * @returns The reply's id.
 * @throws {RealtimeError} `conflict` where another reply was first; `not_found` where the original doesn't exist yet.
 */
export async function publishReply(
  broker: Broker,
  channel: string,
  message: NewMessage,
  original: Position,
  key: string,
): Promise<string> {
  const id = formatId(original.epoch, original.offset);
  const { topic } = message;
  let reply = await findReply(broker, channel, topic, original, id);
  if (!reply) {
    const [published = ""] = await broker.publish(
      channel,
      [message],
      `${REPLY_KEY_PREFIX}${topic}:${id}`,
    );
    // The id may be another reply's: the log decides which one won.
    reply = await findReply(broker, channel, topic, original, id) ??
      { id: published, key: undefined };
  }
  if (reply.key === key) return reply.id;
  throw new RealtimeError(
    "conflict",
    `Cannot reply to ${id}: another reply was first`,
  );
}

/** Finds the first reply to a message in the log. */
async function findReply(
  broker: Broker,
  channel: string,
  topic: string,
  original: Position,
  id: string,
): Promise<Reply | undefined> {
  for await (const page of logPages(broker, channel, original)) {
    if (page.epoch === original.epoch && original.offset > page.top) {
      throw new RealtimeError(
        "not_found",
        `Cannot reply to ${id}: there is no such message`,
      );
    }
    for (const { topic: itsTopic, json, offset } of page.entries) {
      // Most messages are no replies: a search in the text saves parsing them.
      if (itsTopic !== topic || !json.includes(`"reply_to":"${id}"`)) continue;
      const frame: Record<string, unknown> = JSON.parse(json);
      if (frame.reply_to !== id) continue;
      return { id: formatId(page.epoch, offset), key: frame.reply_key };
    }
  }
}
