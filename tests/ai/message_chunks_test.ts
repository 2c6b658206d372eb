import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessage, UIMessageChunk } from "ai";
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

const INPUT = { input: { city: "Helgoland" } };

/** The states of a tool call, and how often the call is passed to \`onToolCall\` when its message is made again. */
const CALLS: readonly [state: string, fields: object, calls: number][] = [
  ["input-streaming", { ...INPUT, rawInput: JSON.stringify(INPUT.input) }, 0],
  ["input-available", INPUT, 1],
  // The AI SDK passes on the call first, and then asks whether it may run.
  ["approval-requested", { ...INPUT, approval: { id: "q" } }, 1],
  ["approval-responded", {
    ...INPUT,
    approval: { id: "q", approved: true },
  }, 1],
  ["output-available", { ...INPUT, output: 1 }, 0],
  ["output-available", { ...INPUT, output: 1, preliminary: true }, 0],
  ["output-error", { ...INPUT, errorText: "No" }, 0],
  ["output-error", { errorText: "No" }, 0],
  ["output-error", {
    ...INPUT,
    errorText: "No",
    approval: { id: "q", approved: true },
  }, 0],
  ["output-denied", { ...INPUT, approval: { id: "q", approved: false } }, 0],
];

describe("messageChunks()", () => {
  it("returns chunks of which a call is passed to onToolCall only while it has no result", async () => {
    for (const [state, fields, calls] of CALLS) {
      for (const type of ["tool-t", "dynamic-tool"]) {
        for (const providerExecuted of [undefined, true]) {
          const part = {
            type,
            ...type === "dynamic-tool" ? { toolName: "t" } : {},
            toolCallId: "c",
            state,
            providerExecuted,
            callProviderMetadata: { maker: { id: 1 } },
            ...fields,
          };
          const parts = [{ type: "step-start" }, part];
          const message = { id: "m", role: "assistant", parts } as UIMessage;
          const { messages, toolCalls } = await sendDirectly(
            JSON.parse(JSON.stringify(messageChunks(message))),
          );
          const expected = providerExecuted ? 0 : calls;
          assertEquals([part, toolCalls.length], [part, expected]);
          assertEquals(
            JSON.parse(JSON.stringify(messages[1])),
            JSON.parse(JSON.stringify(message)),
          );
        }
      }
    }
  });

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
