import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { UIMessage, UIMessageChunk } from "ai";
import { ManyChats } from "../support/ai/many_chats.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import { recordCorpus } from "../support/ai/corpus.ts";
import { resumeDirectly, sendDirectly } from "../support/ai/direct_chat.ts";
import {
  type ObservedChat,
  type Outcome,
  QUESTION,
} from "../support/ai/observed_chat.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";

const corpus = await recordCorpus();

let gateway: TestGateway;
let app: ManyChats;

beforeAll(async () => {
  // All pages are in one process, so they share a connection.
  gateway = await startGateway({
    maxSubscriptions: 10_000,
    maxInboundRate: 10_000,
  });
  app = new ManyChats(gateway);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await gateway.close();
});

/** A page that sends a message or is reloaded: its chat, and the chat's end. */
interface Page {
  readonly observed: ObservedChat;
  readonly ended: Promise<void>;
}

function send(chatId: string): Page {
  const observed = app.open(chatId, []);
  return { observed, ended: observed.chat.sendMessage(QUESTION) };
}

function reload(chatId: string, stored?: UIMessage[]): Page {
  const observed = app.open(chatId, stored);
  return { observed, ended: observed.chat.resumeStream() };
}

/** Returns the messages that a page shows after each number of chunks, as the AI SDK makes them. */
function statesOf(
  chunks: readonly UIMessageChunk[],
): Promise<readonly (readonly UIMessage[])[]> {
  return Promise.all(
    Array.from({ length: chunks.length + 1 }, async (_, count) => {
      const { messages } = await sendDirectly(chunks.slice(0, count));
      return messages;
    }),
  );
}

/** The messages that an app has stored which saves a part of an answer; only an id tells that it is the same answer. */
function stored(
  count: number,
  chunks: readonly UIMessageChunk[],
  states: readonly (readonly UIMessage[])[],
): UIMessage[] {
  const [start] = chunks;
  const hasId = start?.type === "start" && start.messageId !== undefined;
  const state = states[hasId && count % 2 === 1 ? count >> 1 : 0] ?? [];
  return structuredClone([...state]);
}

/** Emits an answer chunk by chunk, reloads the page after each of them, and returns the outcomes of all pages. */
async function reloadEverywhere(
  chatId: string,
  chunks: readonly UIMessageChunk[],
): Promise<{ sent: Outcome; reloaded: Outcome[] }> {
  const states = await statesOf(chunks);
  const answer = new ControlledAnswer();
  const begun = app.answer(chatId, answer.stream);
  const sender = send(chatId);
  await begun;
  const pages: Page[] = [];
  for (const [count, state] of states.entries()) {
    if (count > 0) answer.emit(...chunks.slice(count - 1, count));
    await sender.observed.shows(state);
    const page = reload(chatId, stored(count, chunks, states));
    await page.observed.shows(state);
    pages.push(page);
  }
  answer.end();
  await Promise.all([sender, ...pages].map(({ ended }) => ended));
  return {
    sent: sender.observed.outcome(),
    reloaded: pages.map(({ observed }) => observed.outcome()),
  };
}

describe("A chat that is reloaded after any chunk of its answer", () => {
  it("shows the same messages as one that is not, at once and at the end", async () => {
    await Promise.all(corpus.map(async ({ name, chunks }, index) => {
      const { sent, reloaded } = await reloadEverywhere(`${index}`, chunks);
      assertEquals([name, sent], [name, await sendDirectly(chunks)]);
      const expected = await resumeDirectly(chunks);
      for (const [count, outcome] of reloaded.entries()) {
        assertEquals([name, count, outcome], [name, count, expected]);
      }
    }));
  });

  it("finds nothing to resume once the answer has ended", async () => {
    const answer = new ControlledAnswer();
    app.answer("over", answer.stream);
    const sender = send("over");
    answer.emit({ type: "start" }, { type: "finish" });
    answer.end();
    await sender.ended;
    const { observed, ended } = reload("over");
    await ended;
    assertEquals(observed.outcome(), {
      messages: [QUESTION],
      status: "ready",
      error: undefined,
      data: [],
      toolCalls: [],
      ends: [],
    });
  });
});
