import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";
import {
  chatToken,
  createChatTransport,
  publishChat,
  type RealtimeChatTransport,
} from "../../../ai.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { appOf } from "../client/client.ts";
import type { Target } from "../wire/websocket.ts";
import { ObservedChat, QUESTION } from "./observed_chat.ts";

/** An app with chats: its server and its pages are in the test's own process, only the gateway is reached over the network. */
export class ChatApp {
  readonly realtime: RealtimeApp;
  readonly #url: string;
  /** The stream that answers the next message of a chat, by the chat's id. */
  readonly #answers = new Map<string, ReadableStream<UIMessageChunk>>();

  /** @param url The address of the gateway as pages and the server reach it, such as a proxy's. */
  constructor(target: Target, url: string = target.url) {
    this.#url = url;
    this.realtime = appOf({ ...target, url });
  }

  /** Sets the stream that answers the next message of a chat. */
  answer(chatId: string, stream: ReadableStream<UIMessageChunk>): void {
    this.#answers.set(chatId, stream);
  }

  /** Makes the transport of a page. */
  transport(): RealtimeChatTransport & ChatTransport<UIMessage> {
    return createChatTransport({
      api: "http://app.test/api/chat",
      url: this.#url,
      fetch: (input, init) => this.#route(new Request(input, init)),
      token: ({ chatId }) => chatToken(this.realtime, { chatId }),
    });
  }

  /** Opens a page with the messages that the app has stored: the question, unless others are given. */
  open(chatId: string, messages: UIMessage[] = [QUESTION]): ObservedChat {
    const transport = this.transport();
    return new ObservedChat({ id: chatId, transport, messages });
  }

  async #route(request: Request): Promise<Response> {
    const { id: chatId } = await request.json();
    const stream = this.#answers.get(chatId) ??
      new ReadableStream<UIMessageChunk>();
    return await publishChat(this.realtime, { chatId, stream });
  }
}
