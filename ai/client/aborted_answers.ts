import { chatName } from "../chat_name.ts";
import type { Answer, Chat } from "./chat.ts";
import type { AskedChat, ChatTransportOptions } from "./transport_options.ts";

/** Stops the answers that `useChat` aborts, in the chats of one transport. */
export class AbortedAnswers {
  readonly #options: Pick<ChatTransportOptions, "whenAborted" | "onError">;
  /** The channels of the chats that began to look for their answers in this turn of the event loop. */
  readonly #resuming = new Set<string>();
  /** The channels of the chats whose answers are being stopped. */
  readonly #stopping = new Map<string, Promise<void>>();

  constructor(options: Pick<ChatTransportOptions, "whenAborted" | "onError">) {
    this.#options = options;
  }

  /** Notes that a chat looks for its running answer. */
  resuming({ channel }: Chat): void {
    this.#resuming.add(channel);
    queueMicrotask(() => this.#resuming.delete(channel));
  }

  /**
   * Stops an answer whose stream was aborted, unless that was done to show it again: for a `resumeStream()` while an answer is shown, the AI
   * SDK aborts the stream that it has, and asks for another one in the same turn.
   */
  add(chat: Chat, answer: Promise<Answer>): void {
    if (this.#options.whenAborted === "keep") return;
    queueMicrotask(() => {
      const { channel } = chat;
      if (this.#resuming.has(channel)) return;
      const before = this.#stopping.get(channel);
      const stopping = Promise.all([this.#stop(chat, answer), before])
        .then(() => {
          if (this.#stopping.get(channel) === stopping) {
            this.#stopping.delete(channel);
          }
        });
      this.#stopping.set(channel, stopping);
    });
  }

  /** Resolves when no answer of a chat is being stopped any more, so that the next one is not refused because of it. */
  settled({ chatId }: Pick<AskedChat, "chatId">): Promise<void> | undefined {
    return this.#stopping.get(chatName(chatId));
  }

  async #stop(chat: Chat, asked: Promise<Answer>): Promise<void> {
    const answer = await asked.catch(() => undefined);
    // A request that failed has begun no answer.
    if (!answer) return;
    const { onError = console.warn } = this.#options;
    await chat.stop(answer).catch(onError);
  }
}
