import type * as ai from "ai";
import { untilAborted } from "../../core/time/until_aborted.ts";
import { AbortedAnswers } from "./aborted_answers.ts";
import { answerStream } from "./answer_stream.ts";
import { type Answer, type Chat, openChat } from "./chat.ts";
import { postMessages, type SentMessages } from "./post_messages.ts";
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
  const aborted = new AbortedAnswers(options);

  /** Sends messages, and resolves with the answer that has begun. */
  async function send(
    chat: Chat,
    sent: SentMessages<UI_MESSAGE>,
  ): Promise<Answer> {
    const { abortSignal } = sent;
    const giveUp = new AbortController();
    const posted = postMessages(options, sent, giveUp.signal);
    try {
      // Neither waits for the other, which saves a round trip.
      const both = Promise.all([posted, chat.ready]);
      return await untilAborted(both.then(([answer]) => answer), abortSignal);
    } catch (error) {
      // The response names the answer that has to be stopped.
      const wait = abortSignal?.aborted ? LATE_MS : 0;
      const timer = setTimeout(() => giveUp.abort(), wait);
      const clear = (): void => clearTimeout(timer);
      posted.then(clear, clear);
      if (abortSignal?.aborted) aborted.add(chat, posted);
      throw error;
    }
  }

  /** Returns the stream of an answer. If it is aborted, the answer is stopped. */
  function show(
    chat: Chat,
    answer: Answer,
    signal: AbortSignal | undefined,
  ): ReadableStream<ai.UIMessageChunk> {
    return answerStream(
      chat,
      answer,
      signal,
      options,
      () => aborted.add(chat, Promise.resolve(answer)),
    );
  }

  return {
    resumeStreamIsReplay: true,
    async sendMessages(sent) {
      const { abortSignal } = sent;
      abortSignal?.throwIfAborted();
      await untilAborted(aborted.settled(sent), abortSignal);
      // The token is asked for only now, when its refusal is awaited too.
      const chat = openChat(options, askedChat(sent));
      return show(chat, await send(chat, sent), abortSignal);
    },
    async reconnectToStream(asked) {
      const { abortSignal } = asked;
      abortSignal?.throwIfAborted();
      const chat = openChat(options, askedChat(asked));
      aborted.resuming(chat);
      const answer = await untilAborted(chat.running(), abortSignal);
      return answer ? show(chat, answer, abortSignal) : null;
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
