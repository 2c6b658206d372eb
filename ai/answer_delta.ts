import type * as ai from "ai";
import { isText } from "../core/protocol/shape.ts";

/** The part of a message that a delta appends to: the deltas of one type and one id are a run. */
export interface Run {
  readonly type: string;
  readonly id: string;
}

/** A chunk that appends text to a part of a message. */
export interface Delta extends Run {
  readonly text: string;
  /** Whether the chunk has nothing else, such as metadata of the provider. */
  readonly isPlain: boolean;
}

/** The fields of a delta's chunk that name its part and have its text. */
interface DeltaFields {
  readonly id: "id" | "toolCallId";
  readonly text: "delta" | "inputTextDelta";
}

const TEXT_FIELDS: DeltaFields = { id: "id", text: "delta" };

const FIELDS_OF_TYPE: ReadonlyMap<string, DeltaFields> = new Map([
  ["text-delta", TEXT_FIELDS],
  ["reasoning-delta", TEXT_FIELDS],
  ["tool-input-delta", { id: "toolCallId", text: "inputTextDelta" }],
]);

/** Tells whether a chunk has the type of a delta without its fields, as the parts of `streamText().stream` have it. */
export function isBrokenDelta(chunk: ai.UIMessageChunk): boolean {
  return FIELDS_OF_TYPE.has(chunk.type) && readDelta(chunk) === undefined;
}

/** Reads a chunk as a delta; returns `undefined` for any other chunk. */
export function readDelta(chunk: ai.UIMessageChunk): Delta | undefined {
  const { type } = chunk;
  const fields = FIELDS_OF_TYPE.get(type);
  if (!fields) return undefined;
  const { [fields.id]: id, [fields.text]: text } = chunk as unknown as Record<
    string,
    unknown
  >;
  if (!isText(id) || !isText(text)) return undefined;
  return { type, id, text, isPlain: Object.keys(chunk).length === 3 };
}

/** Makes the chunk of a delta. */
export function makeDelta({ type, id }: Run, text: string): ai.UIMessageChunk {
  const fields = FIELDS_OF_TYPE.get(type) ?? TEXT_FIELDS;
  return { type, [fields.id]: id, [fields.text]: text } as ai.UIMessageChunk;
}
