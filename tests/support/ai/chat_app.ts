import { Chat } from "@ai-sdk/react";
import type { UIMessage, UIMessageChunk } from "ai";
import {
  type AnswerSource,
  chatToken,
  type ChatTransportOptions,
  createChatTransport,
  publishChat,
  type PublishChatOptions,
} from "../../../ai.ts";
import { createRealtime, type RealtimeApp } from "../../../mod.ts";
import type { TestGateway } from "../gateway/gateway.ts";

/** An answer whose chunks a test writes. Like that of `streamText` it ends with an `abort` chunk when its signal aborts. */
export class WrittenAnswer {
  readonly #chunks = new TransformStream<UIMessageChunk, UIMessageChunk>(
    undefined,
    { highWaterMark: Infinity },
  );
  readonly #writer = this.#chunks.writable.getWriter();
  readonly #opened = Promise.withResolvers<AbortSignal>();
  /** Resolves with the answer's signal when its source is opened. */
  readonly opened: Promise<AbortSignal> = this.#opened.promise;

  readonly source: AnswerSource = (signal) => {
    signal.addEventListener("abort", () => this.end({ type: "abort" }));
    this.#opened.resolve(signal);
    return this.#chunks.readable;
  };

  write(...chunks: UIMessageChunk[]): void {
    for (const chunk of chunks) this.#writer.write(chunk).catch(() => {});
  }

  end(...chunks: UIMessageChunk[]): void {
    this.write(...chunks);
    this.#writer.close().catch(() => {});
  }
}

/** The server of an app with chats, in the process of the test. */
export class ChatApp {
  readonly realtime: RealtimeApp;
  /** The answers of the next requests, in order. */
  readonly answers: Partial<PublishChatOptions>[] = [];
  /** The bodies of the requests so far. */
  readonly asked: Record<string, unknown>[] = [];

  constructor({ url, signingKey }: Pick<TestGateway, "url" | "signingKey">) {
    this.realtime = createRealtime({ url, signingKey });
  }

  /** Makes a transport whose requests this app answers. */
  transport(
    options: Partial<ChatTransportOptions> = {},
  ): ReturnType<typeof createChatTransport> {
    return createChatTransport({
      fetch: (_, init) => this.#answer(JSON.parse(String(init?.body))),
      token: ({ chatId }) => chatToken(this.realtime, { chatId }),
      ...options,
    });
  }

  /** Opens a chat as a page does, with the messages that it knows. */
  open(
    id: string,
    messages: UIMessage[] = [],
    options: Partial<ChatTransportOptions> = {},
  ): Chat<UIMessage> {
    return new Chat({ id, messages, transport: this.transport(options) });
  }

  #answer(body: Record<string, unknown>): Promise<Response> {
    this.asked.push(body);
    const next = this.answers.shift();
    if (!next) throw new Error("The test has no answer for this request");
    return publishChat(this.realtime, {
      chatId: String(body.id),
      stream: new ReadableStream(),
      ...next,
    });
  }
}

/** Makes a stream of chunks that are there already. */
export function streamOf(
  chunks: readonly UIMessageChunk[],
): ReadableStream<UIMessageChunk> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** The chunks of a short text that is the whole answer. */
export function textAnswer(
  messageId: string,
  ...texts: string[]
): UIMessageChunk[] {
  return [...textBegin(messageId, ...texts), ...TEXT_END];
}

/** The first chunks of an answer of text. */
export function textBegin(
  messageId: string,
  ...texts: string[]
): UIMessageChunk[] {
  return [
    { type: "start", messageId },
    { type: "start-step" },
    { type: "text-start", id: "0" },
    ...textDeltas(...texts),
  ];
}

/** Chunks that go on with an answer of text. */
export function textDeltas(...texts: string[]): UIMessageChunk[] {
  return texts.map((delta) => ({ type: "text-delta", id: "0", delta }));
}

/** The last chunks of an answer of text. */
export const TEXT_END: readonly UIMessageChunk[] = [
  { type: "text-end", id: "0" },
  { type: "finish-step" },
  { type: "finish" },
];

/** Returns all text of a message. */
export function textOf(message: UIMessage | undefined): string {
  return (message?.parts ?? [])
    .map((part) => part.type === "text" ? part.text : "")
    .join("");
}
