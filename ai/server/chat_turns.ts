import type { ChatPublisher } from "./publish_chat.ts";

/** The ends of the answers that apps have begun in this process, by their chats. */
const unended = new WeakMap<ChatPublisher, Map<string, Promise<unknown>>>();

/**
 * Notes that an app has begun an answer, and returns a promise that resolves when its earlier ones in the same chat have ended.
 *
 * @param ended Resolves when nothing of the answer is read any more. It never rejects.
 */
export function takeTurn(
  app: ChatPublisher,
  chatId: string,
  ended: Promise<void>,
): Promise<unknown> {
  const chats = unended.get(app) ?? new Map<string, Promise<unknown>>();
  unended.set(app, chats);
  const earlier = chats.get(chatId) ?? Promise.resolve();
  const all = Promise.all([earlier, ended]).then(() => {
    if (chats.get(chatId) === all) chats.delete(chatId);
  });
  chats.set(chatId, all);
  return earlier;
}
