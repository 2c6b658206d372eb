import { isDeepStrictEqual } from "node:util";
import { assertEquals, assertNotEquals } from "@std/assert";
import { Chat } from "@ai-sdk/react";
import type { ChatInit, ChatOnFinishCallback, UIMessage } from "ai";
import { within } from "../../../core/time/within.ts";

/** How long a page may take to show what the gateway has. */
const SHOWN_MS = 20_000;

/** The message that every test sends, with the fields that the AI SDK gives it. */
export const QUESTION: UIMessage = {
  id: "question",
  metadata: undefined,
  role: "user",
  parts: [{ type: "text", text: "Ask" }],
};

/** Everything that a page can tell about a chat. */
export interface Outcome {
  readonly messages: readonly UIMessage[];
  readonly status: string;
  readonly error: string | undefined;
  /** The parts that `onData` was called with, in order. */
  readonly data: readonly unknown[];
  /** The ids of the tool calls that `onToolCall` was called with, in order. */
  readonly toolCalls: readonly string[];
  /** The arguments of `onFinish`, except for the messages. */
  readonly ends: readonly unknown[];
}

/** A chat of the AI SDK, as a page has one, and what it tells its page. */
export class ObservedChat {
  readonly chat: Chat<UIMessage>;
  readonly #data: unknown[] = [];
  readonly #toolCalls: string[] = [];
  readonly #ends: unknown[] = [];

  constructor(init: ChatInit<UIMessage>) {
    this.chat = new Chat<UIMessage>({
      // Two chats that get no id from the server would differ by their own ids.
      generateId: () => "id of the page",
      ...init,
      onData: (part) => this.#data.push(structuredClone(part)),
      onToolCall: ({ toolCall }) => {
        this.#toolCalls.push(toolCall.toolCallId);
      },
      onFinish: (end) => this.#ends.push(endOf(end)),
    });
  }

  /** Returns what the page has been told so far. */
  outcome(): Outcome {
    const { messages, status, error } = this.chat;
    return {
      messages: structuredClone(messages),
      status,
      error: error?.message,
      data: this.#data,
      toolCalls: this.#toolCalls,
      ends: this.#ends,
    };
  }

  /** Returns what the page tells about a failure: the error's code and message, and the messages that it still shows. */
  failure(): unknown[] {
    const { error, messages, status } = this.chat;
    assertEquals(status, "error");
    return [Object(error).code, error?.message, messages];
  }

  /** Waits until the chat reads an answer, or has read it, and shows exactly these messages. */
  async shows(messages: readonly UIMessage[]): Promise<void> {
    const shown = (): boolean =>
      this.chat.status !== "ready" &&
      isDeepStrictEqual(this.chat.messages, messages);
    // The comparison of a failure tells more than the time limit of a test.
    await within(SHOWN_MS, this.until(shown));
    if (shown()) return;
    assertEquals(this.chat.messages, messages);
    assertNotEquals(this.chat.status, "ready");
  }

  /** Waits until a condition holds, which is evaluated whenever the chat changes. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (holds()) resolve();
    };
    const unregister = [
      this.chat["~registerMessagesCallback"](check),
      this.chat["~registerStatusCallback"](check),
      this.chat["~registerErrorCallback"](check),
    ];
    // The AI SDK announces no `start-step`, though it may change a message that is shown already.
    const timer = setInterval(check, 20);
    await promise;
    clearInterval(timer);
    for (const one of unregister) one();
  }
}

function endOf(
  { isAbort, isDisconnect, isError, finishReason, message }: Parameters<
    ChatOnFinishCallback<UIMessage>
  >[0],
): unknown {
  return { isAbort, isDisconnect, isError, finishReason, id: message.id };
}
