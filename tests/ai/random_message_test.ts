import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessageChunk } from "ai";
import fc from "fast-check";
import { ManyChats } from "../support/ai/many_chats.ts";
import { ControlledAnswer } from "../support/ai/controlled_answer.ts";
import { resumeDirectly, sendDirectly } from "../support/ai/direct_chat.ts";
import { QUESTION } from "../support/ai/observed_chat.ts";
import { randomAnswer } from "../support/ai/random_answer.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { type Proxy, startProxy } from "../support/gateway/proxy.ts";

/** The event after a chunk: mostly the next chunk follows at once, so that both leave in one message. */
const event = fc.oneof(
  { weight: 12, arbitrary: fc.constant("go" as const) },
  { weight: 4, arbitrary: fc.constant("shown" as const) },
  { weight: 4, arbitrary: fc.constant("reload" as const) },
  { weight: 1, arbitrary: fc.constant("cut" as const) },
);
type Event = typeof event extends fc.Arbitrary<infer One> ? One : never;

/** Where the answers of a test are published and shown. */
interface Place {
  readonly app: ManyChats;
  readonly proxy: Proxy;
  readonly gateway: TestGateway;
  readonly transport: "websocket" | "sse";
}

/** Answers a chat as the events say, and compares what its pages show with what the AI SDK shows without a network. */
async function checkAnswer(
  { app, proxy, gateway, transport }: Place,
  chatId: string,
  chunks: readonly UIMessageChunk[],
  events: readonly Event[],
): Promise<void> {
  // The lost connections are intended.
  const options = { transport, onError: () => {} };
  const answer = new ControlledAnswer();
  const begun = app.answer(chatId, answer.stream);
  const sender = app.open(chatId, [], options);
  const sent = sender.chat.sendMessage(QUESTION);
  await begun;
  const reloads = [];
  for (const [index, chunk] of chunks.entries()) {
    answer.emit(chunk);
    const event = events[index] ?? "go";
    if (event === "cut") {
      proxy.cut();
      proxy.lead(gateway.url);
    }
    if (event === "shown" || event === "reload") {
      const { messages } = await sendDirectly(chunks.slice(0, index + 1));
      await sender.shows(messages);
    }
    if (event === "reload") {
      const page = app.open(chatId, [QUESTION], options);
      reloads.push({ page, ended: page.chat.resumeStream() });
      await page.until(() => page.chat.status !== "ready");
    }
  }
  answer.end();
  await Promise.all([sent, ...reloads.map(({ ended }) => ended)]);
  assertEquals(sender.outcome(), await sendDirectly(chunks));
  const expected = await resumeDirectly(chunks);
  for (const { page } of reloads) assertEquals(page.outcome(), expected);
}

describe("A random answer", () => {
  for (const transport of ["websocket", "sse"] as const) {
    it(`is the same message on every page, whenever pages are reloaded and connections are lost, by ${transport}`, async () => {
      await using gateway = await startGateway();
      await using proxy = await startProxy(gateway.url);
      await using app = new ManyChats(gateway, proxy.url);
      const place = { app, proxy, gateway, transport };
      let count = 0;
      await fc.assert(
        fc.asyncProperty(
          randomAnswer,
          fc.array(event, { maxLength: 40 }),
          (chunks, events) => checkAnswer(place, `${count++}`, chunks, events),
        ),
        // A failed run waits for what never comes, so shrinking would take minutes.
        { numRuns: 20, endOnFailure: true },
      );
    });
  }
});
