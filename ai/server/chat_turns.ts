/** The ends of the answers that apps have begun in this process, by their chats. */
const unended = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Notes that an app has begun an answer, whose end never rejects. Resolves when its earlier answers in the same chat have ended. */
export function takeTurn(
  app: object,
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
