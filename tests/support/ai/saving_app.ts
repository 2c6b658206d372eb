import { Chat } from "@ai-sdk/react";
import {
  convertToModelMessages,
  generateId,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import {
  chatToken,
  createChatTransport,
  publishChat,
  type PublishChatOptions,
} from "../../../ai.ts";
import type { RealtimeApp } from "../../../mod.ts";
import { appOf } from "../client/client.ts";
import type { Target } from "../wire/websocket.ts";
import { textOf } from "./chat_app.ts";
import { finish, type ModelPart } from "./scripted_model.ts";

/** An app that saves a chat as `docs/ai.md` says, with a model of the AI SDK. */
export class SavingApp {
  readonly realtime: RealtimeApp;
  /** The saved messages, in the order in which they were saved. */
  readonly saved: UIMessage[] = [];
  /** The texts of each prompt that the model got. */
  readonly prompts: string[][] = [];
  /** The ends of the answers, which `waitUntil` got. */
  readonly ends: Promise<void>[] = [];
  /** Called before the end of an answer is saved. */
  beforeSave: () => unknown = () => {};
  /** Called before an answer asks the model. */
  beforeModel: () => unknown = () => {};
  /** The model waits for this in the middle of each answer to a question that is saved from now on. */
  rest: Promise<unknown> = Promise.resolve();

  constructor(target: Target) {
    this.realtime = appOf(target);
  }

  get texts(): string[] {
    return this.saved.map(textOf);
  }

  /**
   * Opens a page.
   *
   * @param responded Called when the app has responded to a question.
   */
  open(id: string, responded: () => void = () => {}): Chat<UIMessage> {
    const transport = createChatTransport({
      token: ({ chatId }) => chatToken(this.realtime, { chatId }),
      fetch: async (_, init) => {
        const { id, messages } = JSON.parse(String(init?.body));
        const response = await this.ask(id, messages.at(-1));
        responded();
        return response;
      },
    });
    return new Chat({ id, transport });
  }

  /** Answers a question, as the route does. */
  ask(
    chatId: string,
    question: UIMessage,
    options: Partial<PublishChatOptions> = {},
  ): Promise<Response> {
    return publishChat(this.realtime, {
      chatId,
      stream: (abortSignal) => this.answer(question, abortSignal),
      waitUntil: (ended) => this.ends.push(ended),
      ...options,
    });
  }

  /** Saves a question, and asks the model. */
  async answer(
    question: UIMessage,
    abortSignal: AbortSignal,
  ): Promise<ReadableStream<UIMessageChunk>> {
    this.saved.push(question);
    const model = this.#model(this.rest);
    await this.beforeModel();
    const { stream } = streamText({
      model,
      messages: await convertToModelMessages(this.saved),
      abortSignal,
    });
    return toUIMessageStream({
      stream,
      originalMessages: this.saved,
      generateMessageId: generateId,
      onEnd: async ({ responseMessage }) => {
        await this.beforeSave();
        this.saved.push(responseMessage);
      },
    });
  }

  #model(rest: Promise<unknown>): MockLanguageModelV4 {
    return new MockLanguageModelV4({
      doStream: ({ prompt, abortSignal }) => {
        this.prompts.push(prompt.map(({ content }) => textsOf(content)));
        return Promise.resolve({ stream: writeHalf(rest, abortSignal) });
      },
    });
  }
}

/** Streams half of an answer, and then its rest. */
function writeHalf(
  rest: Promise<unknown>,
  abortSignal: AbortSignal | undefined,
): ReadableStream<ModelPart> {
  return new ReadableStream<ModelPart>({
    async start(controller) {
      abortSignal?.addEventListener(
        "abort",
        () => controller.error(abortSignal.reason),
      );
      controller.enqueue({ type: "stream-start", warnings: [] });
      controller.enqueue({ type: "text-start", id: "0" });
      controller.enqueue({ type: "text-delta", id: "0", delta: "Half" });
      await rest;
      if (abortSignal?.aborted) return;
      controller.enqueue({ type: "text-delta", id: "0", delta: " and half" });
      controller.enqueue({ type: "text-end", id: "0" });
      controller.enqueue(finish("stop"));
      controller.close();
    },
  });
}

function textsOf(content: unknown): string {
  return Array.isArray(content)
    ? content.map((part) => Object(part).text ?? "").join("")
    : String(content);
}
