import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessageChunk } from "ai";
import fc from "fast-check";
import { messageChunks } from "../../ai/server/message_chunks.ts";
import { recordCorpus } from "../support/ai/corpus.ts";
import { sendDirectly } from "../support/ai/direct_chat.ts";
import { randomAnswer } from "../support/ai/random_answer.ts";

/** Makes the message of an answer again from its own chunks, and compares both as JSON, in which a database has them. */
async function check(
  name: string,
  chunks: readonly UIMessageChunk[],
): Promise<void> {
  // The AI SDK shows a step only with what follows it.
  const last: UIMessageChunk = { type: "data-last", data: 1 };
  const { messages } = await sendDirectly([...chunks, last]);
  const [, message] = JSON.parse(JSON.stringify(messages));
  if (!message) return;
  const again = await sendDirectly(
    JSON.parse(JSON.stringify(messageChunks(message))),
  );
  assertEquals(
    [name, again.error, JSON.parse(JSON.stringify(again.messages[1]))],
    [name, undefined, message],
  );
}

describe("messageChunks()", () => {
  it("returns chunks of which the AI SDK makes the same message, for every recorded answer", async () => {
    for (const { name, chunks } of await recordCorpus()) {
      await check(name, chunks);
    }
  });

  it("returns chunks of which the AI SDK makes the same message, for random answers", async () => {
    await fc.assert(
      fc.asyncProperty(randomAnswer, (chunks) => check("random", chunks)),
    );
  });
});
