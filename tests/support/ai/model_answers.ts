import { Buffer } from "node:buffer";
import { dynamicTool, tool } from "ai";
import { z } from "zod";
import type { RecordedAnswer } from "./recorded_answer.ts";
import { finish, type ModelPart, recordModel } from "./scripted_model.ts";

/** The parts of a text block: its start, a delta for each piece, its end. */
function text(id: string, ...pieces: string[]): ModelPart[] {
  return [
    { type: "text-start", id },
    ...pieces.map((delta) => ({ type: "text-delta", id, delta }) as const),
    { type: "text-end", id },
  ];
}

/** The parts of a tool call whose input is streamed piece by piece. */
function call(
  id: string,
  toolName: string,
  pieces: readonly string[],
  fields: { inputEncoding?: "text"; dynamic?: boolean; title?: string } = {},
): ModelPart[] {
  const input = pieces.join("");
  return [
    { type: "tool-input-start", id, toolName, ...fields },
    ...pieces.map((delta) =>
      ({ type: "tool-input-delta", id, delta }) as const
    ),
    { type: "tool-input-end", id },
    {
      type: "tool-call",
      toolCallId: id,
      toolName,
      input: fields.inputEncoding === "text" ? JSON.stringify(input) : input,
      dynamic: fields.dynamic,
    },
  ];
}

const city = z.object({ city: z.string() });

const tools = {
  weather: tool({
    inputSchema: city,
    execute: ({ city }) => ({ city, degrees: 21, sky: ["☀️", null] }),
  }),
  failing: tool({
    inputSchema: city,
    execute: (): string => {
      throw new Error("No weather today");
    },
  }),
  progress: tool({
    inputSchema: city,
    async *execute({ city }) {
      yield await Promise.resolve({ city, percent: 20 });
      yield { city, percent: 80 };
      yield { city, percent: 100 };
    },
  }),
  code: tool({
    inputSchema: z.string(),
    execute: (source) => source.length,
  }),
  lookup: dynamicTool({
    inputSchema: z.unknown(),
    execute: (input) => ({ echo: input }),
  }),
  erase: tool({
    inputSchema: city,
    needsApproval: true,
    execute: () => "erased",
  }),
};

/** 600 KiB of an image: more than the limit of a message. */
const IMAGE = Buffer.alloc(600 * 1024 * 3 / 4, "tidings").toString("base64");

/** Records answers that `streamText()` makes of what a scripted model streams. */
export function recordModelAnswers(): Promise<RecordedAnswer[]> {
  return Promise.all([
    recordModel("text", {
      steps: [[...text("1", "Hello", ", ", "world", "!"), finish("stop")]],
    }),
    recordModel("reasoning before the text", {
      steps: [[
        { type: "reasoning-start", id: "r" },
        { type: "reasoning-delta", id: "r", delta: "Let me " },
        { type: "reasoning-delta", id: "r", delta: "think" },
        {
          type: "reasoning-delta",
          id: "r",
          delta: "",
          providerMetadata: { maker: { signature: "a signature" } },
        },
        { type: "reasoning-end", id: "r" },
        ...text("t", "It is ", "42"),
        finish("stop"),
      ]],
    }),
    recordModel("provider metadata on deltas", {
      steps: [[
        { type: "text-start", id: "t", providerMetadata: { maker: { n: 0 } } },
        { type: "text-delta", id: "t", delta: "one " },
        {
          type: "text-delta",
          id: "t",
          delta: "two ",
          providerMetadata: { maker: { n: 1 } },
        },
        { type: "text-delta", id: "t", delta: "three " },
        { type: "text-delta", id: "t", delta: "four " },
        {
          type: "text-delta",
          id: "t",
          delta: "five",
          providerMetadata: { maker: { n: 2 } },
        },
        { type: "text-end", id: "t" },
        finish("stop"),
      ]],
    }),
    recordModel("a tool call and its result in two steps", {
      tools,
      steps: [
        [
          ...text("1", "I look it ", "up."),
          ...call("c1", "weather", ['{"ci', 'ty":"Ber', "lin", '"}']),
          finish("tool-calls"),
        ],
        [...text("1", "It is 21 ", "degrees."), finish("stop")],
      ],
    }),
    recordModel("tool calls at the same time, one of which fails", {
      tools,
      steps: [
        [
          ...call("c1", "weather", ['{"city":', '"Paris"}']),
          ...call("c2", "failing", ['{"city":"Rome"', "}"]),
          finish("tool-calls"),
        ],
        [...text("1", "Half of it ", "worked."), finish("stop")],
      ],
    }),
    recordModel("a tool call with an input that is not valid", {
      tools,
      steps: [
        [
          ...call("c1", "weather", ['{"town":', '"Oslo"}']),
          finish("tool-calls"),
        ],
        [...text("1", "Sorry."), finish("stop")],
      ],
    }),
    recordModel("a tool with preliminary outputs", {
      tools,
      steps: [
        [...call("c1", "progress", ['{"city":"Lima"}']), finish("tool-calls")],
        [...text("1", "Done."), finish("stop")],
      ],
    }),
    recordModel("a tool input that is text", {
      tools,
      steps: [
        [
          ...call("c1", "code", ["print(", '"a\\n', "🙂", '")\n'], {
            inputEncoding: "text",
          }),
          finish("tool-calls"),
        ],
        [...text("1", "It prints."), finish("stop")],
      ],
    }),
    recordModel("a dynamic tool", {
      tools,
      steps: [
        [
          ...call("c1", "lookup", ['{"a":', "[1,2,", "{}]}"], {
            dynamic: true,
            title: "Look up",
          }),
          finish("tool-calls"),
        ],
        [...text("1", "Found."), finish("stop")],
      ],
    }),
    recordModel("a tool that the provider runs", {
      steps: [[
        {
          type: "tool-input-start",
          id: "c1",
          toolName: "search",
          providerExecuted: true,
          dynamic: true,
        },
        { type: "tool-input-delta", id: "c1", delta: '{"q":"tid' },
        { type: "tool-input-delta", id: "c1", delta: 'ings"}' },
        { type: "tool-input-end", id: "c1" },
        {
          type: "tool-call",
          toolCallId: "c1",
          toolName: "search",
          input: '{"q":"tidings"}',
          providerExecuted: true,
          dynamic: true,
        },
        {
          type: "tool-result",
          toolCallId: "c1",
          toolName: "search",
          result: { hits: 3 },
          dynamic: true,
          providerMetadata: { maker: { cost: 1 } },
        },
        ...text("1", "Three ", "hits."),
        finish("stop"),
      ]],
    }),
    recordModel("a tool that waits for an approval", {
      tools,
      steps: [[
        ...text("1", "May I?"),
        ...call("c1", "erase", ['{"city":"Nowhere"}']),
        finish("tool-calls"),
      ]],
    }),
    recordModel("sources and citations", {
      steps: [[
        {
          type: "source",
          sourceType: "url",
          id: "s1",
          url: "https://example.com/a?b=c#d",
          title: "A page",
        },
        {
          type: "source",
          sourceType: "document",
          id: "s2",
          mediaType: "application/pdf",
          title: "A paper",
          filename: "päper.pdf",
          providerMetadata: { maker: { page: 3 } },
        },
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "As the paper says" },
        {
          type: "text-end",
          id: "1",
          citations: [{
            source: {
              type: "source",
              sourceType: "url",
              id: "s1",
              url: "https://example.com/a",
            },
            startIndex: 0,
            endIndex: 5,
          }],
        },
        finish("stop"),
      ]],
    }),
    recordModel("files, one of them above the limit of a message", {
      steps: [[
        ...text("1", "Look:"),
        {
          type: "file",
          mediaType: "image/png",
          data: { type: "data", data: IMAGE },
        },
        {
          type: "reasoning-file",
          mediaType: "text/plain",
          data: { type: "data", data: "aGVsbG8=" },
        },
        { type: "custom", kind: "maker.canvas" },
        ...text("2", "Nice"),
        finish("stop"),
      ]],
    }),
    recordModel("message metadata at the start, in the middle and at the end", {
      steps: [[...text("1", "Hel", "lo"), finish("stop")]],
      output: {
        messageMetadata: ({ part }) => {
          if (part.type === "start") return { model: "scripted", usage: {} };
          if (part.type === "text-delta") return { last: part.text };
          if (part.type === "finish") {
            return { usage: { total: 13 }, tags: ["a", null] };
          }
        },
      },
    }),
    recordModel("no message id", {
      steps: [[...text("1", "An id from ", "the page"), finish("stop")]],
      output: { originalMessages: undefined, generateMessageId: undefined },
    }),
    recordModel("an error in the middle", {
      steps: [[
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "Half an " },
        { type: "error", error: new Error("The model is overloaded") },
        finish("error"),
      ]],
      output: { onError: (error) => `Failed: ${Object(error).message}` },
    }),
    recordModel("surrogate pairs that deltas split", {
      steps: [[
        ...text("1", "a\ud83d", "\ude42b", "👩‍", "👧\ud83d", "", "\ude80", "é"),
        ...text("2", "\ud83d", "alone"),
        ...call("c1", "weather", ['{"city":"\ud83c', '\udf0d"}']),
        finish("stop"),
      ]],
      tools,
    }),
    recordModel("empty deltas and line ends", {
      steps: [[
        ...text("1", "", "", "one\n", "\r\n", "\u2028\u0000", "", "{}\n", '"'),
        ...text("2"),
        { type: "reasoning-start", id: "r" },
        { type: "reasoning-delta", id: "r", delta: "" },
        { type: "reasoning-end", id: "r" },
        finish("stop"),
      ]],
    }),
  ]);
}
