import {
  isStepCount,
  streamText,
  type ToolSet,
  type UIMessage,
  type UIMessageStreamOptions,
} from "ai";
import { mockId, MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { record, type RecordedAnswer } from "./recorded_answer.ts";

type ModelStream = Awaited<
  ReturnType<MockLanguageModelV4["doStream"]>
>["stream"];

/** A part of what a language model streams, in the terms of the AI SDK's providers. */
export type ModelPart = ModelStream extends ReadableStream<infer Part> ? Part
  : never;

/** The end of a step, as a provider reports it. */
export function finish(unified: "stop" | "tool-calls" | "error"): ModelPart {
  const inputTokens = {
    total: 3,
    noCache: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
  };
  const outputTokens = { total: 10, text: undefined, reasoning: undefined };
  return {
    type: "finish",
    finishReason: { unified, raw: undefined },
    usage: { inputTokens, outputTokens },
  };
}

/** Makes a language model that streams given parts: one list for each step. */
export function scriptedModel(
  ...steps: readonly ModelPart[][]
): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doStream: steps.map((chunks) => ({
      stream: simulateReadableStream({
        chunks,
        initialDelayInMs: null,
        chunkDelayInMs: null,
      }),
    })),
  });
}

/** The settings of a recording. */
export interface Recording<Tools extends ToolSet> {
  readonly steps: readonly ModelPart[][];
  readonly tools?: Tools;
  readonly output?: UIMessageStreamOptions<UIMessage>;
  readonly abortSignal?: AbortSignal;
}

/** Records the UI message stream that `streamText()` makes of what a model streams. */
export function recordModel<Tools extends ToolSet>(
  name: string,
  { steps, tools, output, abortSignal }: Recording<Tools>,
): Promise<RecordedAnswer> {
  const result = streamText({
    model: scriptedModel(...steps),
    prompt: "Ask",
    tools,
    abortSignal,
    stopWhen: isStepCount(steps.length),
    onError: () => {},
    _internal: { generateId: mockId({ prefix: name }) },
  });
  return record(
    name,
    result.toUIMessageStream({
      originalMessages: [],
      generateMessageId: () => `answer of ${name}`,
      sendSources: true,
      ...output,
    }),
  );
}
