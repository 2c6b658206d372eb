import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Broker, LogEntry, NewMessage } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";

/** Prefix of the idempotency keys that the gateway reserves for replies. */
export const REPLY_KEY_PREFIX = "$reply:";

/** A reply that is in the log. */
interface Reply {
  readonly id: string;
  /** The idempotency key that its publisher chose. */
  readonly key: unknown;
}

/**
 * Publishes a reply. Each message gets at most one in each topic: the first.
 *
 * An idempotency key for all replies lets the broker decide between those that come at the same time; the log shows earlier ones for as
 * long as it keeps them.
 *
 * @param message The reply, with `key` in its `reply_key`.
 * @param original The position of the message that it replies to.
 * @param key The publisher's own idempotency key, which tells its retries from other replies.
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
    for (const entry of page.entries) {
      if (entry.topic !== topic) continue;
      const reply = readReply(entry, id);
      if (reply) return { id: formatId(page.epoch, entry.offset), ...reply };
    }
  }
}

/** Reads the key of a reply; returns `undefined` for a message that doesn't reply to the id. */
function readReply(
  { json }: LogEntry,
  id: string,
): Pick<Reply, "key"> | undefined {
  // Most messages are no replies: a search in the text saves parsing them.
  if (!json.includes(`"reply_to":"${id}"`)) return undefined;
  const frame: Record<string, unknown> = JSON.parse(json);
  return frame.reply_to === id ? { key: frame.reply_key } : undefined;
}
