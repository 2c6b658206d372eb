import { Buffer } from "node:buffer";
import type { LogEntry } from "../brokers/broker.ts";
import { frameHead } from "../wire/frame_layout.ts";
import {
  joinTextChunks,
  readTextChunk,
  type TextChunk,
} from "../wire/text_chunk.ts";

/** Most bytes of a frame of several chunks: clients show its text at once, and other frames wait behind it. */
export const MAX_JOINED_BYTES: number = 64 * 1024;

/** Chunks of one stream that follow each other, and will be one. */
interface Run {
  readonly head: string;
  readonly chunks: TextChunk[];
  /** Bytes of their texts. */
  textBytes: number;
}

/**
 * Joins chunks of one data stream that follow each other in a part of a log: a late reader gets few frames instead of thousands. A joined
 * chunk has the id of its last one, and the same text as all of them. Other messages stay as they are.
 *
 * @param isApart Tells whether two offsets must not be in one frame, because a reader may have the first and not the second.
 */
export function joinChunks(
  channel: string,
  epoch: string,
  entries: readonly LogEntry[],
  isApart: (before: number, after: number) => boolean,
): LogEntry[] {
  const joined: LogEntry[] = [];
  /** The beginnings of frames, by their topics. */
  const heads = new Map<string, string>();
  let run: Run | undefined;

  function endRun(): void {
    const last = run?.chunks.pop();
    if (run && last) {
      joined.push(joinTextChunks(run.head, run.chunks, last.entry));
    }
    run = undefined;
  }

  for (const entry of entries) {
    const { kind, topic } = entry;
    if (kind !== "chunk") {
      endRun();
      joined.push(entry);
      continue;
    }
    let head = heads.get(topic);
    if (head === undefined) {
      head = frameHead(kind, channel, topic);
      heads.set(topic, head);
    }
    const chunk = readTextChunk(head, epoch, entry);
    if (!run || !chunk || !continues(run, chunk, isApart)) endRun();
    if (!chunk) {
      joined.push(entry);
      continue;
    }
    run ??= { head, chunks: [], textBytes: 0 };
    run.chunks.push(chunk);
    run.textBytes += Buffer.byteLength(chunk.text);
  }
  endRun();
  return joined;
}

/** Tells whether a chunk can be joined with those of a run. */
function continues(
  { chunks, textBytes }: Run,
  { entry, fields }: TextChunk,
  isApart: (before: number, after: number) => boolean,
): boolean {
  const last = chunks.at(-1);
  return last !== undefined &&
    last.entry.topic === entry.topic &&
    last.entry.streamId === entry.streamId &&
    last.fields === fields &&
    textBytes + entry.bytes <= MAX_JOINED_BYTES &&
    !isApart(last.entry.offset, entry.offset);
}
