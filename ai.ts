/**
 * Chats whose answers survive: a transport for `useChat` of the AI SDK, and the server's side of it.
 *
 * The server publishes each answer as a data stream of the chat's channel. So an answer goes on when the tab is reloaded, is shown on a
 * second device, and can be stopped from everywhere. It needs the package `ai`, version 7, for its types only.
 *
 * @example The browser
 * ```tsx
 * import { useChat } from "@ai-sdk/react";
 * import { createChatTransport } from "@tidings/realtime/ai";
 *
 * const transport = createChatTransport({
 *   api: "/api/chat",
 *   token: ({ chatId }) => fetch(`/api/chat/${chatId}/token`),
 * });
 *
 * export function Chat({ id }: { id: string }) {
 *   const { messages, sendMessage, stop } = useChat({ id, transport, resume: true });
 *   return (
 *     <main>
 *       {messages.map(({ id, parts }) => (
 *         <p key={id}>{parts.map((part) => part.type === "text" && part.text)}</p>
 *       ))}
 *       <button onClick={() => sendMessage({ text: "When is the tide?" })}>Ask</button>
 *       <button onClick={stop}>Stop</button>
 *     </main>
 *   );
 * }
 * ```
 *
 * @module
 */
export { type ChatChannel, chatChannel } from "./ai/chat_channel.ts";
export { chatToken, type ChatTokenOptions } from "./ai/chat_token.ts";
export { createChatTransport } from "./ai/client/chat_transport.ts";
export type * from "./ai/client/transport_options.ts";
export { type AnswerSource, chatAnswer } from "./ai/server/chat_answer.ts";
export { continueMessage } from "./ai/server/continue_message.ts";
export type { ChatPublisher } from "./ai/server/chat_turns.ts";
export {
  publishChat,
  type PublishChatOptions,
} from "./ai/server/publish_chat.ts";
