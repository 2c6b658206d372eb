import type { UIMessage, UIMessageChunk } from "ai";
import { QUESTION } from "./observed_chat.ts";

/** The first chunks of an answer. */
export const BEGINNING: readonly UIMessageChunk[] = [
  { type: "start", messageId: "answer" },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Half an " },
];

/** The chunks that complete the answer. */
export const REST: readonly UIMessageChunk[] = [
  { type: "text-delta", id: "1", delta: "answer" },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: "stop" },
];

/** The messages of a page that shows the first chunks. */
export const HALF: UIMessage[] = [QUESTION, answerOf("Half an ", "streaming")];

/** The messages of a page that shows all of the answer. */
export const WHOLE: UIMessage[] = [
  QUESTION,
  answerOf("Half an answer", "done"),
];

/** Makes the message of an answer with one text, with the fields that the AI SDK gives it. */
export function answerOf(text: string, state: "streaming" | "done"): UIMessage {
  return {
    id: "answer",
    metadata: undefined,
    role: "assistant",
    parts: [{ type: "text", text, providerMetadata: undefined, state }],
  } as UIMessage;
}
