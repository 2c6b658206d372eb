import type { MessageKind } from "../../core/protocol/frames.ts";

// The fields of a frame stand in this order: kind, channel, topic, data, created_at, then those that apply, then id. JSON has no order, and
// clients must not rely on it, but `text_chunk.ts` joins frames without parsing them. Whatever encodes a frame therefore uses these functions.

/** Returns the beginning of a message's frame, up to its data. */
export function frameHead(
  kind: MessageKind,
  channel: string,
  topic: string,
): string {
  return `{"kind":"${kind}","channel":${JSON.stringify(channel)},` +
    `"topic":${JSON.stringify(topic)},"data":`;
}

/** Returns the field that follows the data. Its length is always the same. */
export function createdAtField(time: string): string {
  return `,"created_at":"${time}"`;
}

/** The field of a chunk that is never joined with others. It follows the time. */
export const WHOLE_FIELD = ',"whole":true';

/** Returns the end of a message's frame, which the broker adds. */
export function frameEnd(id: string): string {
  return `,"id":"${id}"}`;
}
