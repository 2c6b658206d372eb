import type { UIMessage } from "ai";
import {
  type AnswerSource,
  chatToken,
  type ChatTransportOptions,
  createChatTransport,
  publishChat,
  type PublishChatOptions,
} from "../../../ai.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { appOf, type Signal, signal } from "../client/client.ts";
import type { Target } from "../wire/websocket.ts";
import { ObservedChat, QUESTION } from "./observed_chat.ts";

/** An app whose chats are answered at the same time, each with its own answer. Only the gateway is reached over the network. */
export class ManyChats {
  readonly realtime: RealtimeApp;
  /** The errors of answers that failed after their response, in order. */
  readonly failures: unknown[] = [];
  /** How often the route of the chat was called. */
  calls = 0;
  readonly #url: string;
  /** What answers the next message of a chat, by the chat's id. */
  readonly #answers = new Map<
    string,
    { readonly source: AnswerSource; readonly begun: Signal<void> }
  >();
  readonly #options: Partial<PublishChatOptions>;

  /**
   * @param url The address of the gateway as pages and the server reach it, such as a proxy's.
   * @param options How the route publishes its answers.
   */
  constructor(
    target: Target,
    url: string = target.url,
    options: Partial<PublishChatOptions> = {},
  ) {
    this.#url = url;
    this.realtime = appOf({ ...target, url });
    this.#options = options;
  }

  /** Sets what answers the next message of a chat. Returns a promise that resolves when the route has responded to that message. */
  answer(chatId: string, source: AnswerSource): Promise<void> {
    const begun = signal();
    this.#answers.set(chatId, { source, begun });
    return begun.promise;
  }

  /**
   * Opens a page.
   *
   * @param messages The messages that the app has stored: the question, unless others are given.
   */
  open(
    chatId: string,
    messages: UIMessage[] = [QUESTION],
    options: Partial<ChatTransportOptions<UIMessage>> = {},
  ): ObservedChat {
    const transport = createChatTransport<UIMessage>({
      api: "http://app.test/api/chat",
      url: this.#url,
      fetch: (input, init) => this.#route(new Request(input, init)),
      token: ({ chatId }) => chatToken(this.realtime, { chatId }),
      ...options,
    });
    return new ObservedChat({ id: chatId, transport, messages });
  }

  async #route(request: Request): Promise<Response> {
    this.calls++;
    const { id: chatId } = await request.json();
    const answer = this.#answers.get(chatId);
    if (!answer) throw new Error(`No answer for the chat "${chatId}"`);
    const response = await publishChat(this.realtime, {
      chatId,
      stream: answer.source,
      onError: (error) => this.failures.push(error),
      ...this.#options,
    });
    answer.begun.resolve();
    return response;
  }
}
