import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessage, UIMessageChunk } from "ai";
import { continueMessage } from "../../ai.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import { directTransport } from "../support/ai/direct_chat.ts";
import { ManyChats } from "../support/ai/many_chats.ts";
import { ObservedChat, QUESTION } from "../support/ai/observed_chat.ts";
import { startGateway } from "../support/gateway/gateway.ts";

/** Returns the messages of a chat whose tool call was answered in the browser. */
async function answeredBefore(
  chunks: readonly UIMessageChunk[],
  answer: (observed: ObservedChat) => unknown,
): Promise<UIMessage[]> {
  const observed = new ObservedChat({ transport: directTransport(chunks) });
  await observed.chat.sendMessage(QUESTION);
  await answer(observed);
  return structuredClone(observed.chat.messages);
}

const QUESTIONS: readonly UIMessageChunk[] = [
  { type: "start", messageId: "answer", messageMetadata: { model: "m" } },
  { type: "start-step" },
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: "I need to know" },
  {
    type: "reasoning-end",
    id: "r",
    providerMetadata: { maker: { signature: "s" } },
  },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Let me ask" },
  { type: "text-end", id: "1" },
  { type: "data-note", id: "n", data: { a: 1 } },
  { type: "source-url", sourceId: "s", url: "https://example.com/" },
  {
    type: "tool-input-start",
    toolCallId: "c",
    toolName: "place",
    providerMetadata: { maker: { id: 1 } },
  },
  { type: "tool-input-delta", toolCallId: "c", inputTextDelta: '{"exact"' },
  { type: "tool-input-delta", toolCallId: "c", inputTextDelta: ":true}" },
  {
    type: "tool-input-available",
    toolCallId: "c",
    toolName: "place",
    input: { exact: true },
  },
];

const CONTINUATION: readonly UIMessageChunk[] = [
  { type: "start", messageId: "answer" },
  { type: "start-step" },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "You are " },
  { type: "text-delta", id: "1", delta: "here" },
  { type: "text-end", id: "1" },
  { type: "finish-step" },
  { type: "finish", finishReason: "stop", messageMetadata: { tokens: 3 } },
];

/** Continues the last message, reloads the page after each chunk, and compares what all pages show. */
async function checkContinued(
  stored: UIMessage[],
  chunks: readonly UIMessageChunk[],
  expectedCalls: readonly string[] = [],
): Promise<void> {
  await using gateway = await startGateway();
  await using app = new ManyChats(gateway);
  const answer = new ControlledAnswer();
  const begun = app.answer("x", continueMessage(stored, answer.stream));
  const sender = app.open("x", structuredClone(stored));
  const sent = sender.chat.sendMessage();
  await begun;
  const pages = [];
  for (let count = 0; count <= chunks.length; count++) {
    if (count > 0) answer.emit(...chunks.slice(count - 1, count));
    const direct = new ObservedChat({
      transport: directTransport(chunks.slice(0, count)),
      messages: structuredClone(stored),
    });
    await direct.chat.sendMessage();
    await sender.shows(direct.chat.messages);
    const page = app.open("x", structuredClone(stored));
    pages.push({ page, ended: page.chat.resumeStream() });
    await page.shows(direct.chat.messages);
  }
  answer.end();
  await Promise.all([sent, ...pages.map(({ ended }) => ended)]);
  const expected = sender.outcome();
  assertEquals(expected.status, "ready");
  for (const { page } of pages) {
    const { messages, status, toolCalls } = page.outcome();
    assertEquals([messages, status], [expected.messages, "ready"]);
    assertEquals(toolCalls, expectedCalls);
  }
}

describe("An answer that continues a message", () => {
  it("shows all of the message after a reload, if a tool ran in the browser", async () => {
    const stored = await answeredBefore(
      QUESTIONS,
      ({ chat }) =>
        chat.addToolOutput({
          tool: "place",
          toolCallId: "c",
          output: { lat: 54.1, lon: 7.9 },
        }),
    );
    await checkContinued(stored, CONTINUATION);
  });

  it("shows all of the message after a reload, if a tool failed in the browser", async () => {
    const stored = await answeredBefore(
      QUESTIONS,
      ({ chat }) =>
        chat.addToolOutput({
          tool: "place",
          toolCallId: "c",
          state: "output-error",
          errorText: "Not allowed",
        }),
    );
    await checkContinued(stored, CONTINUATION);
  });

  it("does not run a tool again after a reload that was denied before", async () => {
    const stored = await answeredBefore([
      ...QUESTIONS,
      { type: "tool-approval-request", approvalId: "q", toolCallId: "c" },
      { type: "tool-approval-response", approvalId: "q", approved: false },
      { type: "tool-output-denied", toolCallId: "c" },
    ], () => {});
    await checkContinued(stored, CONTINUATION);
  });

  for (const approved of [true, false]) {
    it(`shows all of the message after a reload, if a tool was ${approved ? "approved" : "denied"}`, async () => {
      const stored = await answeredBefore(
        [...QUESTIONS, {
          type: "tool-approval-request",
          approvalId: "q",
          toolCallId: "c",
          reason: "It tells where you are",
        }],
        ({ chat }) =>
          chat.addToolApprovalResponse({ id: "q", approved, reason: "So" }),
      );
      await checkContinued(
        stored,
        [
          { type: "start", messageId: "answer" },
          { type: "start-step" },
          approved
            ? {
              type: "tool-output-available",
              toolCallId: "c",
              output: { lat: 54.1 },
            }
            : { type: "tool-output-denied", toolCallId: "c" },
          ...CONTINUATION.slice(2),
        ],
        // As in any replay of the AI SDK, it is told again that this tool is called. It runs on the server.
        ["c"],
      );
    });
  }

  it("is the stream itself if it answers a message of the user", () => {
    const { stream } = new ControlledAnswer();
    assertEquals(continueMessage([QUESTION], stream), stream);
    assertEquals(continueMessage([], stream), stream);
  });

  it("stops its source when it is stopped itself", async () => {
    const answer = new ControlledAnswer();
    const message = { ...QUESTION, role: "assistant" } as const;
    const stream = continueMessage([message], answer.stream);
    if ("cancel" in stream) await stream.cancel("why");
    assertEquals(await answer.cancelled, "why");
  });
});
