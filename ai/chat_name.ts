import { RealtimeError } from "../core/protocol/errors.ts";
import { isText } from "../core/protocol/shape.ts";

/** The topic of a chat's answers. */
export const ANSWER_TOPIC = "answer";

/**
 * Returns the name of a chat's channel.
 *
 * @throws {RealtimeError} `invalid_name` if the id is missing: all chats without one would share a channel.
 */
export function chatName(chatId: string): `chat:${string}` {
  if (isText(chatId) && chatId !== "") return `chat:${chatId}`;
  throw new RealtimeError(
    "invalid_name",
    "Cannot use the chat: its id is missing",
  );
}
