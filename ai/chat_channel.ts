import { channel } from "../core/channel/channel.ts";
import { topic } from "../core/channel/topic.ts";
import type { Channel } from "../core/types/channel.ts";
import type { TopicDefinition } from "../core/types/topic.ts";
import { ANSWER_TOPIC, chatName } from "./chat_name.ts";
import { checkChatId } from "./check_chat_id.ts";

/** The channel of a chat. Each of its answers is a data stream of text in the topic `answer`. */
export type ChatChannel = Channel<
  `chat:${string}`,
  { readonly answer: TopicDefinition<"answer", string> }
>;

/**
 * Returns the channel of a chat: `chat:` and the chat's id, with the topic `answer`.
 *
 * @param chatId The chat's id, as `useChat` has it: at most 250 bytes, without control characters.
 * @throws {RealtimeError} `invalid_name`.
 *
 * @example Tell whether an open page shows the chat
 * ```ts
 * import { createRealtime } from "@tidings/realtime";
 * import { chatChannel } from "@tidings/realtime/ai";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * const isShown = await realtime.subscribers(chatChannel("42")) > 0;
 * ```
 */
export function chatChannel(chatId: string): ChatChannel {
  const define = channel(chatName).addTopic(
    topic(ANSWER_TOPIC).type<string>(),
  );
  return define(checkChatId(chatId));
}
