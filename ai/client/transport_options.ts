import type * as ai from "ai";
import type { SubscribeOptions } from "../../core/types/subscribe.ts";
import type { Token, TokenForm } from "../../core/types/token.ts";
import type { MaybePromise } from "../../core/types/utility.ts";

/** The chat that a token is needed for, with the options of the call that needs it. */
export interface AskedChat extends ai.ChatRequestOptions {
  /** The chat's id. */
  readonly chatId: string;
}

/** A token of `chatToken` in any form that `subscribe` takes. */
export type ChatTokenForm = TokenForm<Token.Like>;

/** Options of {@linkcode createChatTransport}. Those of the AI SDK's own transport mean the same here. */
export interface ChatTransportOptions<
  UI_MESSAGE extends ai.UIMessage = ai.UIMessage,
> extends
  Pick<
    ai.HttpChatTransportInitOptions<UI_MESSAGE>,
    "credentials" | "headers" | "body" | "fetch" | "prepareSendMessagesRequest"
  >,
  Pick<SubscribeOptions<never>, "onError" | "onState" | "url" | "transport"> {
  /**
   * The URL of the app's route that answers with `publishChat`.
   *
   * @default {"/api/chat"}
   */
  api?: string | undefined;
  /**
   * A token of `chatToken`, or a function that returns one for a chat and is called whenever a token is needed:
   * `({ chatId }) => fetch("/api/chat-token?id=" + chatId)`.
   */
  token: ChatTokenForm | ((chat: AskedChat) => MaybePromise<ChatTokenForm>);
  /**
   * The fate of an answer when `useChat` aborts it: `stop` stops it for everyone, `leave` only stops showing it. `useChat` aborts when
   * `stop()` is called, and also when its component is removed from the page.
   *
   * @default {"stop"}
   */
  whenAborted?: "stop" | "keep" | undefined;
}

/** The transport of `createChatTransport`. */
export interface RealtimeChatTransport<
  UI_MESSAGE extends ai.UIMessage = ai.UIMessage,
> extends ai.ChatTransport<UI_MESSAGE> {
  /** A running answer is always shown from its beginning. */
  readonly resumeStreamIsReplay: true;
  /**
   * Stops the chat's running answer for everyone, also if this page doesn't show it.
   *
   * @returns Whether there was an answer to stop.
   * @throws {RealtimeError} `forbidden` if the token doesn't allow it; `network` if the gateway can't be reached.
   */
  stop(chat: AskedChat): Promise<boolean>;
}
