/** The topic of a chat's answers. */
export const ANSWER_TOPIC = "answer";

/** Returns the name of a chat's channel. */
export function chatName(chatId: string): `chat:${string}` {
  return `chat:${chatId}`;
}
