import {
  createUIMessageStream,
  simulateReadableStream,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { record, type RecordedAnswer } from "./recorded_answer.ts";

/** Records the stream that `createUIMessageStream()` makes of chunks, which a tool or an app may write by hand. */
function recordWritten(
  name: string,
  chunks: readonly UIMessageChunk[],
  messageId = `answer of ${name}`,
): Promise<RecordedAnswer> {
  const stream = createUIMessageStream<UIMessage>({
    originalMessages: [],
    generateId: () => messageId,
    execute: ({ writer }) => {
      writer.write({ type: "start" });
      for (const chunk of chunks) writer.write(chunk);
    },
  });
  return record(name, stream);
}

function start(type: "text" | "reasoning", id: string): UIMessageChunk {
  return { type: `${type}-start`, id };
}

function delta(
  type: "text" | "reasoning",
  id: string,
  delta: string,
): UIMessageChunk {
  return { type: `${type}-delta`, id, delta };
}

function end(type: "text" | "reasoning", id: string): UIMessageChunk {
  return { type: `${type}-end`, id };
}

/** The chunks of a text with an odd id, which must not reach an object's prototype. */
function oddly(id: string): UIMessageChunk[] {
  return [
    start("text", id),
    delta("text", id, "one "),
    delta("text", id, "two"),
    end("text", id),
  ];
}

/** Records a stream that merges two others, as an app does that adds its own data to a model's answer. */
function recordMerged(): Promise<RecordedAnswer> {
  const name = "merged streams with two starts";
  const merged = (id: string): ReadableStream<UIMessageChunk> =>
    simulateReadableStream({
      initialDelayInMs: null,
      chunkDelayInMs: null,
      chunks: [
        { type: "start" },
        { type: "start-step" },
        ...oddly(id),
        { type: "finish-step" },
        { type: "finish", finishReason: "stop" },
      ],
    });
  const stream = createUIMessageStream<UIMessage>({
    originalMessages: [],
    generateId: () => `answer of ${name}`,
    execute: ({ writer }) => {
      writer.merge(merged("a"));
      writer.merge(merged("b"));
    },
  });
  return record(name, stream);
}

/** Records answers that an app writes with `createUIMessageStream()`. */
export function recordWrittenAnswers(): Promise<RecordedAnswer[]> {
  return Promise.all([
    recordWritten("data parts, updated and transient", [
      { type: "data-weather", id: "w", data: { state: "loading" } },
      { type: "data-note", data: ["no id", 1] },
      { type: "data-notice", data: "look here", transient: true },
      start("text", "t"),
      delta("text", "t", "Sunny"),
      { type: "data-weather", id: "w", data: { state: "done", degrees: 21 } },
      { type: "data-notice", id: "w", data: "again", transient: true },
      delta("text", "t", " today"),
      { type: "data-note", data: null },
      end("text", "t"),
      { type: "finish", finishReason: "stop" },
    ]),
    recordWritten("texts and reasoning that alternate", [
      { type: "start-step" },
      start("text", "a"),
      start("reasoning", "a"),
      start("text", "b"),
      delta("text", "a", "a1 "),
      delta("text", "a", "a2 "),
      delta("text", "b", "b1 "),
      delta("reasoning", "a", "r1 "),
      delta("text", "b", "b2 "),
      delta("reasoning", "a", "r2 "),
      delta("reasoning", "a", "r3"),
      delta("text", "a", "a3"),
      end("text", "a"),
      delta("text", "b", "b3"),
      end("reasoning", "a"),
      end("text", "b"),
      { type: "finish-step" },
      { type: "finish" },
    ]),
    recordWritten("inputs of several tools that alternate", [
      { type: "start-step" },
      { type: "tool-input-start", toolCallId: "a", toolName: "f" },
      {
        type: "tool-input-start",
        toolCallId: "b",
        toolName: "g",
        dynamic: true,
      },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: '{"x"' },
      { type: "tool-input-delta", toolCallId: "b", inputTextDelta: "[1" },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: ":" },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: "tr" },
      { type: "tool-input-delta", toolCallId: "b", inputTextDelta: ",2]" },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: "ue}" },
      {
        type: "tool-input-available",
        toolCallId: "a",
        toolName: "f",
        input: { x: true },
      },
      {
        type: "tool-input-error",
        toolCallId: "b",
        toolName: "g",
        dynamic: true,
        input: [1, 2],
        errorText: "Not that",
      },
      {
        type: "tool-output-available",
        toolCallId: "a",
        output: { nested: { "__proto__ ": 1, list: [[]] } },
      },
      { type: "finish-step" },
      { type: "finish", finishReason: "tool-calls" },
    ]),
    recordWritten("a tool input that never ends", [
      { type: "start-step" },
      { type: "tool-input-start", toolCallId: "a", toolName: "f" },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: '{"x":"y' },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: "z" },
    ]),
    recordWritten("an approval that is denied", [
      { type: "start-step" },
      {
        type: "tool-input-available",
        toolCallId: "a",
        toolName: "f",
        input: {},
      },
      {
        type: "tool-approval-request",
        approvalId: "q",
        toolCallId: "a",
        reason: "It erases",
        approvalDescriptor: { danger: 9 },
      },
      {
        type: "tool-approval-response",
        approvalId: "q",
        approved: false,
        reason: "No",
      },
      { type: "tool-output-denied", toolCallId: "a" },
      { type: "finish-step" },
      { type: "finish" },
    ]),
    recordWritten("a step that is reset", [
      { type: "start-step" },
      ...oddly("kept"),
      { type: "finish-step" },
      { type: "start-step" },
      start("text", "t"),
      delta("text", "t", "wrong "),
      delta("text", "t", "way"),
      { type: "reset-step" },
      start("text", "t"),
      delta("text", "t", "right "),
      delta("text", "t", "way"),
      end("text", "t"),
      { type: "finish-step" },
      { type: "finish", finishReason: "stop" },
    ]),
    recordWritten("an abort", [
      start("text", "t"),
      delta("text", "t", "never "),
      delta("text", "t", "finished"),
      { type: "abort", reason: "stopped by the app" },
    ]),
    recordWritten("a steering message", [
      ...oddly("a"),
      {
        type: "steering-message",
        id: "s",
        parts: [{ type: "text", text: "Shorter, please" }],
      },
      ...oddly("b"),
      { type: "finish" },
    ]),
    recordWritten("odd ids", [
      ...["__proto__", "constructor", "toString", "", " ", '"\n\\', "🙂"]
        .flatMap(oddly),
      { type: "tool-input-start", toolCallId: "__proto__", toolName: "f" },
      {
        type: "tool-input-delta",
        toolCallId: "__proto__",
        inputTextDelta: '{"a":',
      },
      {
        type: "tool-input-delta",
        toolCallId: "__proto__",
        inputTextDelta: "1}",
      },
      {
        type: "tool-input-available",
        toolCallId: "__proto__",
        toolName: "f",
        input: { a: 1 },
      },
      { type: "finish" },
    ], "__proto__"),
    recordWritten("deltas with fields of a later version", [
      start("text", "t"),
      delta("text", "t", "one "),
      Object.assign(delta("text", "t", "two "), { importance: 1 }),
      delta("text", "t", "three "),
      end("text", "t"),
      Object.assign({ type: "finish" } as const, { cost: 0.1 }),
    ]),
    recordWritten("empty deltas", [
      start("text", "t"),
      delta("text", "t", ""),
      delta("text", "t", ""),
      delta("text", "t", "word"),
      delta("text", "t", ""),
      end("text", "t"),
      { type: "tool-input-start", toolCallId: "a", toolName: "f" },
      { type: "tool-input-delta", toolCallId: "a", inputTextDelta: "" },
    ]),
    recordWritten("data with names of an object's prototype", [
      {
        type: "data-odd",
        id: "constructor",
        data: JSON.parse('{"__proto__":{"polluted":true},"toString":null}'),
      },
      {
        type: "message-metadata",
        messageMetadata: JSON.parse('{"__proto__":{"polluted":true},"a":1}'),
      },
      { type: "finish" },
    ]),
    recordWritten("nothing but a start", []),
    recordMerged(),
  ]);
}
