import { RealtimeError } from "../core/protocol/errors.ts";

/**
 * Checks that a chat has an id. It is no part of the transport, whose tokens are made with checked ids.
 *
 * @throws {RealtimeError} `invalid_name` if the id is missing: all chats without one would share a channel.
 */
export function checkChatId(chatId: unknown): string {
  if (typeof chatId === "string" && chatId !== "") return chatId;
  throw new RealtimeError(
    "invalid_name",
    "Cannot use the chat: its id is missing",
  );
}
