import type { Frame } from "../wire/websocket.ts";

/** A message in the log of the model. */
export interface ModelMessage {
  readonly offset: number;
  readonly topic: string;
  readonly at: number;
}

/** The start of a subscription, without the log's epoch, which the model does not know. */
export type ModelSince =
  | { readonly from: "live" | "start" | "stranger" }
  | { readonly from: "last"; readonly count: number }
  /** An id, by its offset. */
  | { readonly from: "id"; readonly offset: number }
  /** An id, by how far it is ahead of the newest message's. */
  | { readonly from: "ahead"; readonly by: number };

/** The frames that a subscription has to get: those at its start, then messages. */
export interface ModelStart {
  readonly position: number;
  readonly recovered: boolean | undefined;
  /** The offset of the first message after the gap, where there is one. */
  readonly gapBefore: number | undefined;
  readonly messages: readonly ModelMessage[];
}

/** A model of a channel's log, as simple as possible. Tests compare the gateway with it. */
export class LogModel {
  readonly #size: number;
  readonly #ttlMs: number;
  #messages: ModelMessage[] = [];
  #top = 0;

  /**
   * @param size How many messages it keeps.
   * @param ttlMs Milliseconds that it keeps a message.
   */
  constructor(size: number, ttlMs: number) {
    this.#size = size;
    this.#ttlMs = ttlMs;
  }

  /** The offset of the newest message. */
  get top(): number {
    return this.#top;
  }

  /** Appends a message to each topic. */
  publish(topics: readonly string[], now: number): ModelMessage[] {
    const added = topics.map((topic) => ({
      offset: ++this.#top,
      topic,
      at: now,
    }));
    this.#messages = [...this.#messages, ...added].slice(-this.#size);
    return added;
  }

  /** Returns what a subscription that begins now has to get. */
  start(
    topics: ReadonlySet<string>,
    since: ModelSince,
    now: number,
  ): ModelStart {
    this.#messages = this.#messages.filter(({ at }) => now - at < this.#ttlMs);
    const first = this.#messages[0]?.offset ?? this.#top + 1;
    const wanted = this.#messages.filter(({ topic }) => topics.has(topic));
    const after = (offset: number) =>
      wanted.filter((message) => message.offset > offset);
    const at = (position: number): ModelStart => ({
      position,
      recovered: undefined,
      gapBefore: undefined,
      messages: after(position),
    });
    const gap = (position: number): ModelStart => ({
      ...at(position),
      recovered: false,
      gapBefore: position + 1,
    });
    switch (since.from) {
      case "live":
        return at(this.#top);
      case "start":
        return at(first - 1);
      case "stranger":
        return gap(first - 1);
      case "last": {
        const newest = wanted.slice(-since.count);
        return at(
          newest.length < since.count
            ? first - 1
            : (newest[0]?.offset ?? first) - 1,
        );
      }
      case "id":
      case "ahead": {
        const offset = since.from === "id"
          ? since.offset
          : Math.max(0, this.#top + since.by);
        if (offset > this.#top) return gap(this.#top);
        if (offset + 1 < first) return gap(first - 1);
        return { ...at(offset), recovered: true };
      }
    }
  }
}

/** Returns the offset in an id. */
export function offsetOf({ id }: Pick<Frame, "id">): number {
  return Number(id.slice(9));
}
