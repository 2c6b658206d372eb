import type { FollowedTopics } from "../../core/app/follow_topics.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, parseId } from "../../core/protocol/id.ts";
import type { IncomingMessage } from "../../core/subscribe/decode_message.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { followLog, lostMessages, readLog } from "./read_log.ts";

/** A chunk and the place behind it: the id of its message if it is the last one there, else `<id>.<how many of the message are read>`. */
export interface PlacedChunk {
  readonly place: string;
  readonly chunk: unknown;
}

/** The data of a message. */
interface Batch {
  readonly chunks: readonly unknown[];
  /** Whether chunks of the same producer came before. */
  readonly continues: boolean;
  /** Whether no more chunks follow. */
  readonly isLast: boolean;
}

const PLACE = /^([^.]+)(?:\.([1-9]\d{0,8}))?$/;

/** Tells whether a text has the form of a place. */
export function isPlace(text: string): boolean {
  return parseId(PLACE.exec(text)?.[1]) !== undefined;
}

/** Chunks that producers add to a channel in batches, each chunk with a place from which readers go on. */
export class ChunkLog {
  readonly #target: FollowedTopics;
  #continues = false;

  constructor(app: RealtimeApp, channel: string) {
    this.#target = { app, channel, topics: ["chunks"] };
  }

  /** Adds chunks, in as few messages as their sizes allow, and returns the place behind each. */
  async append(chunks: readonly unknown[]): Promise<string[]> {
    try {
      const id = await this.#publish({ chunks, isLast: false });
      return placesIn(id, chunks);
    } catch (error) {
      if (chunks.length < 2 || (error as RealtimeError).code !== "too_large") {
        throw error;
      }
      const half = Math.ceil(chunks.length / 2);
      const places = await this.append(chunks.slice(0, half));
      return [...places, ...await this.append(chunks.slice(half))];
    }
  }

  /** Ends the log for its readers. */
  async close(): Promise<void> {
    await this.#publish({ chunks: [], isLast: true });
  }

  /** Returns what the log has now. */
  async snapshot(): Promise<PlacedChunk[]> {
    const { messages } = await readLog(this.#target);
    const [first] = messages;
    if (first) this.#requireFirst(first);
    return messages.flatMap(chunksIn);
  }

  /**
   * Yields the chunks behind a place, and waits for further ones until the log is closed.
   *
   * @param place A chunk's, or `start` or `now`. Behind these two a log without messages gets its first one in time.
   * @throws {RealtimeError} `timeout` if it doesn't; `not_found` if chunks are no longer in the gateway's log.
   */
  async *read(
    place: string,
    firstChunkMs: number,
    signal?: AbortSignal,
  ): AsyncGenerator<PlacedChunk, void, undefined> {
    const late = new AbortController();
    const signals = [late.signal, ...signal ? [signal] : []];
    const [, id = "", count] = PLACE.exec(place) ?? [];
    const isJoin = !isPlace(place);
    const newest = isJoin ? await readLog(this.#target, "last:1") : undefined;
    const timer = newest?.messages.length === 0
      ? setTimeout(() => late.abort(), firstChunkMs)
      : undefined;
    const now = place === "now" ? newest?.position : undefined;
    const batches = followLog(this.#target, {
      from: now ?? (count === undefined ? id : before(id)),
      signal: AbortSignal.any(signals),
    });
    let isFirst = place === "start";
    try {
      for await (const message of batches) {
        clearTimeout(timer);
        if (isFirst) this.#requireFirst(message);
        isFirst = false;
        const skipped = message.id === id ? Number(count) : 0;
        yield* chunksIn(message).slice(skipped);
        if (batchOf(message).isLast) return;
      }
    } finally {
      clearTimeout(timer);
    }
    if (!late.signal.aborted || signal?.aborted) return;
    throw new RealtimeError(
      "timeout",
      `Cannot read "${this.#target.channel}": it got no chunk within ${firstChunkMs} ms`,
    );
  }

  async #publish(batch: Omit<Batch, "continues">): Promise<string> {
    const { app, channel, topics: [topic = ""] } = this.#target;
    const data = { ...batch, continues: this.#continues };
    const { id } = await app.publish({ channel, topic, data });
    this.#continues = true;
    return id;
  }

  /** Makes sure that no chunks came before this oldest message of the log. */
  #requireFirst(message: IncomingMessage): void {
    if (batchOf(message).continues) throw lostMessages(this.#target.channel);
  }
}

function batchOf({ data }: IncomingMessage): Batch {
  const { chunks, continues, isLast } = Object(data);
  return {
    chunks: Array.isArray(chunks) ? chunks : [],
    continues: continues === true,
    isLast: isLast === true,
  };
}

function chunksIn(message: IncomingMessage): PlacedChunk[] {
  const { chunks } = batchOf(message);
  const places = placesIn(message.id, chunks);
  return places.map((place, i) => ({ place, chunk: chunks[i] }));
}

function placesIn(id: string, chunks: readonly unknown[]): string[] {
  return chunks.map((_, i) => i + 1 < chunks.length ? `${id}.${i + 1}` : id);
}

/** Returns the position before a message. */
function before(id: string): string {
  const { epoch, offset } = parseId(id) ?? { epoch: "", offset: 1 };
  return formatId(epoch, offset - 1);
}
