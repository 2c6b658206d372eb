import { toMs } from "../protocol/duration.ts";
import type { FlushOptions } from "../types/app.ts";
import { PIECE_CHARS } from "./text_chunks.ts";

/** A message of a data stream that waits to be sent. */
export interface QueuedLine {
  readonly kind: "datastream-start" | "chunk" | "datastream-end";
  readonly data: unknown;
  /** Characters of JSON. */
  readonly size: number;
  readonly metadata?: unknown;
  /** Whether its data is text that may be joined with neighbouring text. */
  readonly isText?: boolean;
  /** Whether its data is text that matches a schema by itself, so that the gateway must not join it with its neighbours either. */
  readonly isWhole?: boolean;
}

/** How many characters one request carries, unless a single chunk has more. */
const BATCH_CHARS = 256 * 1024;

/** How many characters may wait before the source is paused. */
const HIGH_WATER_CHARS = 64 * 1024;

/** How long a chunk waits for more at the beginning of a stream. */
const FLUSH_MS = 16;

/** How long a chunk waits for more at most. */
const MAX_FLUSH_MS = 250;

/**
 * Returns how long a chunk waits for more, in milliseconds. Language models are so slow that few words come in 16 ms: an answer of 2,000
 * words would become more messages than a log keeps, and late subscribers would miss its beginning. A long stream is therefore sent in
 * larger steps.
 *
 * @param count How many batches of the stream were sent before.
 */
export function flushMs(count: number): number {
  return Math.min(Math.max(FLUSH_MS, count), MAX_FLUSH_MS);
}

/** The send queue of a data stream: text that is sent together becomes one chunk. */
export class ChunkQueue {
  readonly #chars: number;
  readonly #intervalMs: number | undefined;
  #state: "open" | "closed" | "ended" = "open";
  #lines: QueuedLine[] = [];
  #size = 0;
  #takes = 0;
  /** Called after each change. */
  readonly #watchers = new Set<() => void>();

  constructor({ chars = 1024, interval }: FlushOptions) {
    this.#chars = chars;
    this.#intervalMs = interval === undefined
      ? undefined
      : toMs('Cannot publish: "flush.interval"', interval);
  }

  /** Ignores all further lines, except for the last one of {@linkcode ChunkQueue.end}. */
  close(): void {
    this.#state = "closed";
  }

  end(line: QueuedLine): void {
    this.#state = "ended";
    this.#push(line);
  }

  add(line: QueuedLine): void {
    if (this.#state === "open") this.#push(line);
  }

  #push(line: QueuedLine): void {
    this.#size += line.size;
    const joined = joinText(this.#lines.at(-1), line);
    if (joined) this.#lines[this.#lines.length - 1] = joined;
    else this.#lines.push(line);
    this.#changed();
  }

  /** Waits until there is something to send and it is time to send it; then takes it, in order. */
  async take(): Promise<QueuedLine[]> {
    await this.#until(() => this.#lines.length > 0);
    const ms = this.#intervalMs ?? flushMs(this.#takes++);
    await this.#until(() => this.#isDue(), ms);
    let size = 0;
    let count = 0;
    for (const line of this.#lines) {
      if (count > 0 && size + line.size > BATCH_CHARS) break;
      size += line.size;
      count++;
    }
    this.#size -= size;
    const taken = this.#lines.splice(0, count);
    this.#changed();
    return taken;
  }

  /** Waits until there is room for more chunks of the source. */
  room(): Promise<void> {
    return this.#until(() => this.#size < HIGH_WATER_CHARS);
  }

  #isDue(): boolean {
    return this.#state === "ended" || this.#size >= this.#chars;
  }

  #changed(): void {
    for (const check of this.#watchers) check();
  }

  /** Waits for a condition, at most for so many milliseconds. */
  #until(isMet: () => boolean, ms?: number): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      const check = (): void => {
        if (isMet()) end();
      };
      const timer = ms === undefined ? undefined : setTimeout(end, ms);
      this.#watchers.add(check);
    });
  }
}

/** Joins two lines; returns `undefined` unless both are text that is short enough together. */
function joinText(
  last: QueuedLine | undefined,
  next: QueuedLine,
): QueuedLine | undefined {
  if (!last?.isText || !next.isText) return undefined;
  const size = last.size + next.size;
  if (size > PIECE_CHARS) return undefined;
  return { ...next, data: String(last.data) + String(next.data), size };
}
