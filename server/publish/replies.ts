import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId } from "../../core/protocol/id.ts";
import type { Broker, NewMessage, ReplyTarget } from "../brokers/broker.ts";

/**
 * Publishes a reply. Each message gets at most one in each topic: the first.
 *
 * @returns The reply's id. A retry, which has the key of the first reply, gets the id of that one.
 * @throws {RealtimeError} `conflict` where another reply was first; `not_found` where the original doesn't exist yet.
 */
export async function publishReply(
  broker: Broker,
  channel: string,
  message: NewMessage,
  target: ReplyTarget,
): Promise<string> {
  const first = await broker.reply(channel, message, target);
  if (first?.key === target.key) return first.id;
  const action = `Cannot reply to ${formatId(target.epoch, target.offset)}`;
  throw first
    ? new RealtimeError("conflict", `${action}: another reply was first`)
    : new RealtimeError("not_found", `${action}: there is no such message`);
}
