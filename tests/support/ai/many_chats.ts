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
import { until } from "../until.ts";
import type { Target } from "../wire/websocket.ts";
import { ObservedChat, QUESTION } from "./observed_chat.ts";

/** An app whose chats are answered at the same time, each with its own answer. Only the gateway is reached over the network. */
export class ManyChats implements AsyncDisposable {
  readonly realtime: RealtimeApp;
  readonly #url: string;
  /** The errors of answers that failed after their response, in order. */
  readonly #failures: unknown[] = [];
  readonly #over = new AbortController();
  /** The promises of the answers' ends. */
  readonly #ends: Promise<void>[] = [];
  /** The answer to the next message of a chat, by the chat's id. */
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

  /** Returns the error of the next answer that fails after its response. */
  async takeFailure(): Promise<unknown> {
    await until(() => this.#failures.length > 0);
    return this.#failures.shift();
  }

  /** Ends the answers that still run, as those of a test that has failed, and waits for the ends of all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#ends);
  }

  async #route(request: Request): Promise<Response> {
    const { id: chatId } = await request.json();
    const answer = this.#answers.get(chatId);
    if (!answer) throw new Error(`No answer for the chat "${chatId}"`);
    const response = await publishChat(this.realtime, {
      chatId,
      stream: answer.source,
      onError: (error) => this.#failures.push(error),
      signal: this.#over.signal,
      waitUntil: (ended) => this.#ends.push(ended),
      ...this.#options,
    });
    answer.begun.resolve();
    return response;
  }
}
