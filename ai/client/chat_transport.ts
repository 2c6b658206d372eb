import type * as ai from "ai";
import { answerStream, stopAnswer } from "./answer_stream.ts";
import { type Answer, type Chat, openChat } from "./chat.ts";
import { postMessages, type SentMessages } from "./post_messages.ts";
import { beginResuming } from "./resuming.ts";
import type {
  AskedChat,
  ChatTransportOptions,
  RealtimeChatTransport,
} from "./transport_options.ts";

/** How long the app's route may still take after an abort, in milliseconds: its response names the answer that has to be stopped. */
const LATE_MS = 10_000;

/**
 * Makes the transport with which `useChat` of the AI SDK shows answers that `publishChat` publishes. An answer goes on when the page is
 * reloaded, is shown in every tab that resumes it, and can be stopped from each of them.
 *
 * A lost network, or a gateway that restarts, does not end an answer. If it can't be shown any more, `useChat` gets a `RealtimeError`.
 *
 * @example
 * ```tsx
 * import { type UIMessage, useChat } from "@ai-sdk/react";
 * import { createChatTransport } from "@tidings/realtime/ai";
 *
 * const transport = createChatTransport({
 *   token: ({ chatId }) => fetch(`/api/chat/${chatId}/token`),
 * });
 *
 * export function useMyChat(id: string, messages: UIMessage[]) {
 *   return useChat({ id, messages, transport, resume: true });
 * }
 * ```
 */
export function createChatTransport<
  UI_MESSAGE extends ai.UIMessage = ai.UIMessage,
>(
  options: ChatTransportOptions<UI_MESSAGE>,
): RealtimeChatTransport<UI_MESSAGE> {
  /** Sends messages, and resolves with the answer that has begun. */
  async function send(
    chat: Chat,
    sent: SentMessages<UI_MESSAGE>,
  ): Promise<Answer> {
    const giveUp = new AbortController();
    const { abortSignal } = sent;
    const posted = postMessages(options, sent, giveUp.signal);
    try {
      // Neither waits for the other, which saves a round trip.
      const both = Promise.all([posted, chat.ready]);
      return await untilAborted(both.then(([answer]) => answer), abortSignal);
    } catch (error) {
      if (!abortSignal?.aborted) {
        giveUp.abort();
      } else {
        stopLate(chat, posted, giveUp);
      }
      throw error;
    }
  }

  /** Stops the answer of a request that was aborted before its response came. */
  async function stopLate(
    chat: Chat,
    posted: Promise<Answer>,
    giveUp: AbortController,
  ): Promise<void> {
    const timer = setTimeout(() => giveUp.abort(), LATE_MS);
    try {
      const answer = await posted;
      if (options.whenAborted !== "leave") stopAnswer(chat, answer, options);
    } catch {
      // There is no answer to stop.
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    resumeStreamIsReplay: true,
    async sendMessages(sent) {
      sent.abortSignal?.throwIfAborted();
      const chat = openChat(options, askedChat(sent));
      const answer = await send(chat, sent);
      return answerStream(chat, answer, sent.abortSignal, options);
    },
    async reconnectToStream(asked) {
      const { abortSignal } = asked;
      abortSignal?.throwIfAborted();
      const chat = openChat(options, askedChat(asked));
      beginResuming(chat.channel);
      const answer = await untilAborted(chat.running(), abortSignal);
      return answer ? answerStream(chat, answer, abortSignal, options) : null;
    },
    async stop(asked) {
      const chat = openChat(options, askedChat(asked));
      const answer = await chat.running();
      return answer !== undefined && await chat.stop(answer);
    },
  };
}

function askedChat(
  { chatId, headers, body, metadata }: ai.ChatRequestOptions & {
    chatId: string;
  },
): AskedChat {
  return { chatId, headers, body, metadata };
}

/** Waits for a promise. Rejects with the signal's reason as soon as it aborts. */
async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
