import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { UIMessage, UIMessageChunk } from "ai";
import { type AnswerSource, chatToken } from "../../ai.ts";
import { ManyChats } from "../support/ai/many_chats.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import { type ObservedChat, QUESTION } from "../support/ai/observed_chat.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { closedUrl } from "../support/gateway/local_server.ts";

let gateway: TestGateway;
let app: ManyChats;

beforeAll(async () => {
  gateway = await startGateway();
  app = new ManyChats(gateway);
});

afterAll(async () => {
  await gateway.close();
});

const BEGINNING: UIMessageChunk[] = [
  { type: "start", messageId: "answer" },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Half an " },
];

const REST: UIMessageChunk[] = [
  { type: "text-delta", id: "1", delta: "answer" },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: "stop" },
];

/** The answer as a page shows it. */
function answerWith(text: string, state: "streaming" | "done"): UIMessage {
  return {
    id: "answer",
    metadata: undefined,
    role: "assistant",
    parts: [{ type: "text", text, providerMetadata: undefined, state }],
  } as UIMessage;
}

const HALF = [QUESTION, answerWith("Half an ", "streaming")];
const WHOLE = [QUESTION, answerWith("Half an answer", "done")];

/** Returns what a page tells about a failure: the error's code and message, and the messages that it still shows. */
function failureOf({ chat }: ObservedChat): unknown[] {
  const { error, messages } = chat;
  assertEquals(chat.status, "error");
  return [Object(error).code, error?.message, messages];
}

/** Sends a message whose answer is a given source, and returns the failure that the page tells. */
async function failWith(chatId: string, source: unknown): Promise<unknown[]> {
  app.answer(chatId, source as AnswerSource);
  const page = app.open(chatId, []);
  await page.chat.sendMessage(QUESTION);
  return failureOf(page);
}

/** Sends a message to a route that returns a given response, and returns the failure that the page tells. */
async function failAtRoute(
  response: () => Response | Promise<Response>,
): Promise<unknown[]> {
  const fetch = () => Promise.resolve(response());
  const page = app.open("route", [], { fetch });
  await page.chat.sendMessage(QUESTION);
  return failureOf(page);
}
