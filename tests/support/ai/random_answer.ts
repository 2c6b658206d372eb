import type { UIMessageChunk } from "ai";
import fc from "fast-check";

/** One thing that a model does next; it is left out where it isn't possible. */
interface Move {
  readonly kind: typeof KINDS[number];
  /** Chooses among the parts that are open. */
  readonly pick: number;
  readonly text: string;
}

const KINDS = [
  "text-start",
  "text-delta",
  "text-delta",
  "text-delta",
  "text-end",
  "reasoning-start",
  "reasoning-delta",
  "reasoning-delta",
  "reasoning-end",
  "tool-start",
  "tool-delta",
  "tool-delta",
  "tool-available",
  "tool-output",
  "data",
  "source",
  "metadata",
  "step",
  "reset-step",
] as const;

const IDS = ["a", "b", "__proto__"] as const;

/** Texts that are hard to split and to join, beside ordinary ones. */
const piece = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud83d", "\ude00", "👩‍👧", "\n", '"}\n', "\u2028", "\\"),
  fc.nat({ max: 3000 }).map((length) => "long ".repeat(length / 5)),
);

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(...KINDS),
  pick: fc.nat({ max: 5 }),
  text: piece,
});

/** Generates valid UI message streams: every delta belongs to a part that is open, every output to a tool call. */
export const randomAnswer: fc.Arbitrary<readonly UIMessageChunk[]> = fc.array(
  move,
  { minLength: 1, maxLength: 40 },
).map((moves) => {
  const writer = new AnswerWriter();
  return [
    { type: "start", messageId: "answer" },
    ...moves.flatMap((move) => writer.write(move)),
  ];
});

/** Turns moves into chunks, and keeps what is open. */
class AnswerWriter {
  readonly #texts = new Set<string>();
  readonly #reasonings = new Set<string>();
  readonly #inputs = new Set<string>();
  readonly #calls = new Set<string>();
  #count = 0;

  write({ kind, pick, text }: Move): UIMessageChunk[] {
    const id = IDS[pick % IDS.length] ?? "a";
    switch (kind) {
      case "text-start":
        this.#texts.add(id);
        return [{ type: "text-start", id }];
      case "text-delta":
        return one(this.#texts, pick).map((id) => ({
          type: "text-delta",
          id,
          delta: text,
          // A delta with another field is no mere continuation.
          ...(pick === 5 ? { providerMetadata: { maker: { text } } } : {}),
        }));
      case "text-end":
        return take(this.#texts, pick).map((id) => ({ type: "text-end", id }));
      case "reasoning-start":
        this.#reasonings.add(id);
        return [{ type: "reasoning-start", id }];
      case "reasoning-delta":
        return one(this.#reasonings, pick).map((id) => ({
          type: "reasoning-delta",
          id,
          delta: text,
        }));
      case "reasoning-end":
        return take(this.#reasonings, pick).map((id) => ({
          type: "reasoning-end",
          id,
        }));
      case "tool-start":
        return [this.#startTool(pick)];
      case "tool-delta":
        return one(this.#inputs, pick).map((toolCallId) => ({
          type: "tool-input-delta",
          toolCallId,
          inputTextDelta: text,
        }));
      case "tool-available":
        return take(this.#inputs, pick).map((toolCallId) => {
          this.#calls.add(toolCallId);
          return {
            type: "tool-input-available",
            toolCallId,
            toolName: "f",
            input: { text },
          };
        });
      case "tool-output":
        return one(this.#calls, pick).map((toolCallId) =>
          pick === 0
            ? { type: "tool-output-error", toolCallId, errorText: text }
            : {
              type: "tool-output-available",
              toolCallId,
              output: text,
              preliminary: pick === 1,
            }
        );
      case "data":
        return [{
          type: "data-random",
          data: { text },
          ...(pick === 0 ? {} : { id }),
          ...(pick === 1 ? { transient: true } : {}),
        }];
      case "source":
        return [{ type: "source-url", sourceId: id, url: text }];
      case "metadata":
        return [{ type: "message-metadata", messageMetadata: { [id]: text } }];
      case "step":
        return [{ type: "finish-step" }, { type: "start-step" }];
      case "reset-step":
        for (
          const open of [
            this.#texts,
            this.#reasonings,
            this.#inputs,
            this.#calls,
          ]
        ) {
          open.clear();
        }
        return [{ type: "reset-step" }];
    }
  }

  #startTool(pick: number): UIMessageChunk {
    const toolCallId = `call ${this.#count++}`;
    this.#inputs.add(toolCallId);
    return {
      type: "tool-input-start",
      toolCallId,
      toolName: "f",
      ...(pick === 0 ? { inputEncoding: "text" } : {}),
    };
  }
}

/** Returns one of the open parts, or none if none is open. */
function one(open: ReadonlySet<string>, pick: number): string[] {
  return [...open].slice(pick % Math.max(open.size, 1)).slice(0, 1);
}

/** Returns one of the open parts, which is closed by that. */
function take(open: Set<string>, pick: number): string[] {
  const taken = one(open, pick);
  for (const id of taken) open.delete(id);
  return taken;
}
