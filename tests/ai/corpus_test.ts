import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessageChunk } from "ai";
import fc from "fast-check";
import { recordCorpus } from "../support/ai/corpus.ts";
import { sendDirectly } from "../support/ai/direct_chat.ts";
import { randomAnswer } from "../support/ai/random_answer.ts";

type ChunkType = Exclude<UIMessageChunk["type"], `data-${string}`>;

/** Every type of chunk. The compiler finds one that a later version of the AI SDK adds. */
const TYPES: Readonly<Record<ChunkType, true>> = {
  "text-start": true,
  "text-delta": true,
  "text-end": true,
  "reasoning-start": true,
  "reasoning-delta": true,
  "reasoning-end": true,
  custom: true,
  error: true,
  "tool-input-start": true,
  "tool-input-delta": true,
  "tool-input-available": true,
  "tool-input-error": true,
  "tool-approval-request": true,
  "tool-approval-response": true,
  "tool-output-available": true,
  "tool-output-error": true,
  "tool-output-denied": true,
  "source-url": true,
  "source-document": true,
  file: true,
  "reasoning-file": true,
  "steering-message": true,
  "start-step": true,
  "finish-step": true,
  "reset-step": true,
  start: true,
  finish: true,
  abort: true,
  "message-metadata": true,
};

describe("The corpus of recorded answers", () => {
  it("has every type of chunk that the AI SDK knows", async () => {
    const recorded = (await recordCorpus()).flatMap(({ chunks }) => chunks);
    const types = new Set(
      recorded.map(({ type }) => type.startsWith("data-") ? "data" : type),
    );
    assertEquals(
      [...types].sort(),
      [...Object.keys(TYPES), "data"].sort(),
    );
  });

  it("has answers that the AI SDK reads, and one that says that the model failed", async () => {
    const errors: [string, string][] = [];
    for (const { name, chunks } of await recordCorpus()) {
      const { error } = await sendDirectly(chunks);
      if (error !== undefined) errors.push([name, error]);
    }
    assertEquals(errors, [[
      "an error in the middle",
      "Failed: The model is overloaded",
    ]]);
  });
});

describe("A random answer", () => {
  it("is one that the AI SDK reads", async () => {
    await fc.assert(fc.asyncProperty(randomAnswer, async (chunks) => {
      assertEquals((await sendDirectly(chunks)).error, undefined);
    }));
  });
});
