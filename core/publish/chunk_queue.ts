import type { FlushOptions } from "../types/app.ts";
import { PIECE_CHARS } from "./text_chunks.ts";

/** One line of a batch, before it has its place. */
export interface QueuedLine {
  readonly kind: "datastream-start" | "chunk" | "datastream-end";
  readonly data: unknown;
  /** Its size, in characters of JSON. */
  readonly size: number;
  readonly metadata?: unknown;
  /** Text that may be joined with text next to it. */
  readonly isText?: boolean;
}

/** Characters that one request carries, unless a single chunk has more. */
const BATCH_CHARS = 256 * 1024;

/** Characters that may wait before the source is not read on. */
const HIGH_WATER_CHARS = 64 * 1024;

/** Milliseconds that a chunk waits for more where nobody says otherwise. */
const FLUSH_MS = 16;

/** The most that it comes to wait. */
const MAX_FLUSH_MS = 250;

/**
 * How long a chunk waits for more. Models give their words so slowly that in a short time there are few: an answer of 2,000 would be more
 * messages than a log keeps, and who comes late would not have its beginning. So a stream that has become long goes in larger steps.
 *
 * @param count How many times something of the stream was sent.
 * @returns Milliseconds.
 */
export function flushMs(count: number): number {
  return Math.min(Math.max(FLUSH_MS, count / 4), MAX_FLUSH_MS);
}

/** What waits to be sent of a data stream: text that is sent together becomes one chunk. */
export class ChunkQueue {
  readonly #flush: FlushOptions & { readonly chars: number };
  #lines: QueuedLine[] = [];
  #size = 0;
  #isClosed = false;
  #isEnded = false;
  #takes = 0;
  readonly #waiting = new Set<() => void>();

  constructor({ chars = 1024, ...flush }: FlushOptions) {
    this.#flush = { ...flush, chars };
  }

  /** Takes no more lines but the last: what its source still gives comes too late. */
  close(): void {
    this.#isClosed = true;
  }

  /** Adds the last line. */
  end(line: QueuedLine): void {
    this.#isClosed = false;
    this.#isEnded = true;
    this.add(line);
    this.#isClosed = true;
  }

  /** Adds a line. */
  add(line: QueuedLine): void {
    if (this.#isClosed) return;
    const last = this.#lines.at(-1);
    this.#size += line.size;
    if (
      last?.isText && line.isText && last.size + line.size <= PIECE_CHARS
    ) {
      this.#lines[this.#lines.length - 1] = {
        ...line,
        data: String(last.data) + String(line.data),
        size: last.size + line.size,
      };
    } else this.#lines.push(line);
    this.#changed();
  }

  /** Takes what is to be sent now, in order; waits until there is something and it is time. */
  async take(): Promise<QueuedLine[]> {
    await this.#until(() => this.#lines.length > 0);
    const { ms = flushMs(this.#takes++) } = this.#flush;
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

  /** Resolves when the source should be read on. */
  room(): Promise<void> {
    return this.#until(() => this.#size < HIGH_WATER_CHARS);
  }

  #isDue(): boolean {
    return this.#isEnded || this.#size >= this.#flush.chars;
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  /** Waits for a condition, or at most so many milliseconds. */
  #until(isMet: () => boolean, ms?: number): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (isMet()) end();
      };
      const timer = ms === undefined ? undefined : setTimeout(end, ms);
      this.#waiting.add(look);
    });
  }
}
