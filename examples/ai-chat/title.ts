import type { ChatMessage } from "./tides.ts";

/** Returns the title of a chat: its first question. */
export function titleOf([question]: readonly ChatMessage[]): string {
  const [part] = question?.parts ?? [];
  return part?.type === "text" ? part.text : "New chat";
}
