import { z } from "zod";
import { tryParseJson } from "../wire/json_text.ts";
import { FeedReader } from "./feed_reader.ts";

/** Milliseconds for which another gateway watches after it asked, unless it asks again. */
const LEASE_MS = 15_000;

/** Milliseconds for which events are collected before they are sent to another gateway. */
const COLLECT_MS = 50;

/** Most characters that are sent to another gateway at once. What is over it is counted. */
const COLLECTED = 256 * 1024;

/** An event on its way to another gateway. */
type Item = readonly [event: string, json: string];

const told = z.object({
  feed: z.string(),
  items: z.array(z.tuple([
    z.string().regex(/^[a-z.]+$/),
    z.string().regex(/^\{[^\n\r]*\}$/),
  ])),
  dropped: z.number().int().nonnegative(),
});

/** Another gateway that watches. */
interface Lease {
  until: number;
  items: Item[];
  characters: number;
  dropped: number;
}

/** The parts of the gateway that a feed uses. */
export interface FeedHost {
  /** Sends a text to another gateway; returns `false` if it is too long. */
  tell(gateway: string, text: string): boolean;
  /** The first reader or watching gateway came, or the last one left. */
  changed(): void;
}

/** One feed of what happens now, for readers at this gateway and for gateways that have readers. It costs nothing while nobody reads. */
export class LiveFeed {
  readonly name: string;
  readonly #host: FeedHost;
  readonly #readers = new Set<FeedReader>();
  readonly #leases = new Map<string, Lease>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, host: FeedHost) {
    this.name = name;
    this.#host = host;
  }

  /** How many read at this gateway. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Whether anybody reads, here or at another gateway. */
  get isRead(): boolean {
    if (this.#readers.size > 0) return true;
    if (this.#leases.size === 0) return false;
    const now = performance.now();
    for (const { until } of this.#leases.values()) {
      if (until > now) return true;
    }
    return false;
  }

  /** Adds a reader. */
  open(): FeedReader {
    const reader = new FeedReader((reader) => {
      this.#readers.delete(reader);
      this.#host.changed();
    });
    this.#readers.add(reader);
    this.#host.changed();
    return reader;
  }

  /** Notes whether another gateway watches for the next seconds. */
  watchedBy(gateway: string, isWatched: boolean): void {
    if (isWatched) {
      const lease = this.#leases.get(gateway) ??
        { until: 0, items: [], characters: 0, dropped: 0 };
      lease.until = performance.now() + LEASE_MS;
      this.#leases.set(gateway, lease);
    } else this.#leases.delete(gateway);
    this.#host.changed();
  }

  /** Shows an event of this gateway. */
  show(event: string, json: string): void {
    for (const reader of this.#readers) reader.send(event, json);
    for (const lease of this.#leases.values()) {
      const isFull = lease.items.length > 0 &&
        lease.characters + json.length > COLLECTED;
      if (isFull) lease.dropped++;
      else {
        lease.characters += json.length;
        lease.items.push([event, json]);
      }
      this.#timer ??= setTimeout(() => this.#sendCollected(), COLLECT_MS);
    }
  }

  /** Shows what another gateway told, unless it is for another feed or no gateway wrote it. */
  hear(text: string): void {
    const { data } = told.safeParse(tryParseJson(text, "the feed").value);
    if (data?.feed !== this.name) return;
    for (const reader of this.#readers) {
      for (const [event, json] of data.items) reader.send(event, json);
      if (data.dropped > 0) reader.lost(data.dropped);
    }
  }

  /** Ends all readers. */
  close(): void {
    clearTimeout(this.#timer);
    this.#leases.clear();
    for (const reader of this.#readers) reader.close();
  }

  #sendCollected(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [gateway, lease] of this.#leases) {
      const { until, items, dropped } = lease;
      lease.items = [];
      lease.characters = 0;
      lease.dropped = 0;
      if (until < now) this.#leases.delete(gateway);
      else if (items.length > 0 || dropped > 0) {
        const isTold = this.#tell(gateway, items, dropped);
        if (!isTold) this.#tell(gateway, [], items.length + dropped);
      }
    }
  }

  #tell(gateway: string, items: readonly Item[], dropped: number): boolean {
    const text = JSON.stringify({ feed: this.name, items, dropped });
    return this.#host.tell(gateway, text);
  }
}
