/// <reference lib="dom" />
import { Chat } from "@ai-sdk/react";
import { subscribe } from "@tidings/realtime";
import { createChatTransport } from "@tidings/realtime/ai";
import type { ChatMessage } from "./tides.ts";

/** A chat of the AI SDK, whose answers come through the gateway. */
export type TideChat = Chat<ChatMessage>;

const transport = createChatTransport<ChatMessage>({
  token,
  // The site has the other messages.
  prepareSendMessagesRequest: ({ id, messages }) => ({
    body: { id, message: messages.at(-1) },
  }),
});

/** Opens a chat with its saved messages. */
export async function openChat(id: string): Promise<TideChat> {
  return new Chat({ id, transport, messages: await savedMessages(id) });
}

/** Shows the questions that other windows ask, and their answers, while this one is idle. Returns when the subscription has ended for good. */
export async function followOtherWindows(chat: TideChat): Promise<void> {
  let lastStream: string | undefined;
  for await (
    const message of await subscribe(() => token({ chatId: chat.id }))
  ) {
    // The question is saved before the answer's first chunk.
    if (message.kind === "chunk" && message.streamId !== lastStream) {
      lastStream = message.streamId;
      await showRunningAnswer(chat);
    }
    // The answer ended between the two requests of a page that was opened.
    if (message.kind === "datastream-end" && lacksAnswer(chat)) {
      await showRunningAnswer(chat);
    }
  }
}

/** Shows the saved messages, and the answer that is being written. */
export async function showRunningAnswer(chat: TideChat): Promise<void> {
  if (isBusy(chat)) return;
  const messages = await savedMessages(chat.id);
  if (isBusy(chat)) return;
  chat.messages = messages;
  chat.resumeStream().catch(console.error);
}

/** Tells whether an answer is being written. */
export function isBusy({ status }: Pick<TideChat, "status">): boolean {
  return status === "submitted" || status === "streaming";
}

function lacksAnswer(chat: TideChat): boolean {
  return chat.lastMessage?.role === "user";
}

function token({ chatId }: { chatId: string }): Promise<Response> {
  return fetch(`/api/chat/${chatId}/token`);
}

async function savedMessages(id: string): Promise<ChatMessage[]> {
  const response = await fetch(`/api/chat/${id}`);
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}
