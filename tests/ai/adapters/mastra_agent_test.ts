import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Agent } from "@mastra/core/agent";
import { createDurableAgent } from "@mastra/core/agent/durable";
import type { MastraModelConfig } from "@mastra/core/llm";
import { MockLanguageModelV3 } from "ai/test";
import { RealtimePubSub } from "../../../ai/adapters/mastra.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

/** The stream of a model's answer. */
type Answer = Awaited<ReturnType<MockLanguageModelV3["doStream"]>>["stream"];

/** A chunk of it. */
type Chunk = Answer extends ReadableStream<infer TChunk> ? TChunk : never;

/** An answer of a model, which a test writes. */
class WrittenAnswer {
  readonly #chunks = new TransformStream<Chunk, Chunk>();
  readonly #writer = this.#chunks.writable.getWriter();
  readonly model: MockLanguageModelV3 = new MockLanguageModelV3({
    doStream: { stream: this.#chunks.readable },
  });

  async write(...chunks: Chunk[]): Promise<void> {
    for (const chunk of chunks) await this.#writer.write(chunk);
  }

  async text(...texts: string[]): Promise<void> {
    for (const delta of texts) {
      await this.write({ type: "text-delta", id: "1", delta });
    }
  }

  async end(): Promise<void> {
    const tokens = { total: 3 } as const;
    await this.write({ type: "text-end", id: "1" }, {
      type: "finish",
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: {
          ...tokens,
          noCache: undefined,
          cacheRead: undefined,
          cacheWrite: undefined,
        },
        outputTokens: { ...tokens, text: undefined, reasoning: undefined },
      },
    });
    await this.#writer.close();
  }
}

describe("a durable agent of Mastra with RealtimePubSub", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Makes the agent as each process has it. */
  function durable(mock = new MockLanguageModelV3()) {
    // Mastra has its own copy of the SDK's types.
    const model = mock as unknown as MastraModelConfig;
    const agent = new Agent({ id: "a", name: "A", instructions: "", model });
    return createDurableAgent({
      agent,
      pubsub: new RealtimePubSub(appOf(gateway)),
      cache: false,
      cleanupTimeoutMs: 0,
    });
  }

  it("shows its answer from the start to processes that join while it is written, and after its end", async () => {
    const answer = new WrittenAnswer();
    const made = await durable(answer.model).stream("When is the tide?");
    await answer.write({ type: "stream-start", warnings: [] });
    await answer.write({ type: "text-start", id: "1" });
    await answer.text("The ", "tide ");
    const joined = await durable().observe(made.runId);
    const reader = joined.fullStream.getReader();
    let shown = "";
    while (shown !== "The tide ") {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.type === "text-delta") shown += value.payload.text;
    }
    assertEquals(shown, "The tide ");
    const rest = joined.output.text;
    reader.releaseLock();
    await answer.text("rises.");
    await answer.end();
    assertEquals(await made.output.text, "The tide rises.");
    assertEquals(await rest, "The tide rises.");
    const late = await durable().observe(made.runId);
    assertEquals(await late.output.text, "The tide rises.");
    for (const { cleanup } of [made, joined, late]) cleanup();
  });
});
