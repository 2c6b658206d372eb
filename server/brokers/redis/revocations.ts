import { pause } from "../../../core/time/backoff.ts";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type {
  RevocationListener,
  RevocationRecord,
  RevocationStore,
} from "../revocation_store.ts";
import { GROUPS, slotOf } from "./keys.ts";
import {
  type CopyHost,
  decodeRevocation,
  encodeRevocation,
  RevocationCopy,
} from "./revocation_copy.ts";

/** The parts of the broker that revocations need. */
export interface RedisRevocationsHost extends Omit<CopyHost, "seen" | "known"> {
  /** Whether the servers are a cluster. */
  readonly sharded: boolean;
  report(error: unknown): void;
}

/** Milliseconds between two reads of what is new. They leave a gateway that is busy enough time to act within a second. */
const POLL_MS = 250;

/** How many copies a cluster has. */
const COPIES = 3;

/**
 * Keeps revocations in Redis. Gateways read what is new four times a second, instead of by pub/sub, which may lose messages: one small
 * command, whose answer also shows how old the gateway's knowledge is.
 *
 * A cluster has three copies, on different servers. A revocation is kept once all of them have it, so one of them is enough to accept
 * tokens, and a server that hangs keeps nobody out.
 */
export class RedisRevocations implements RevocationStore {
  readonly #copies: readonly RevocationCopy[];
  /** The revocations that this gateway knows, as they are encoded; the oldest first. */
  readonly #known = new Map<string, RevocationRecord>();
  readonly #closing = new AbortController();
  readonly #report: (error: unknown) => void;
  #listener: RevocationListener = () => {};
  #done: Promise<unknown> = Promise.resolve();

  constructor(host: RedisRevocationsHost) {
    const groups = host.sharded ? copyGroups() : [0];
    this.#report = host.report;
    const copyHost: CopyHost = {
      ...host,
      known: this.#known,
      seen: (texts) => this.#seen(texts),
    };
    this.#copies = groups.map((group) => new RevocationCopy(group, copyHost));
  }

  async revoke(revocations: readonly RevocationRecord[]): Promise<void> {
    const texts = revocations.map(encodeRevocation);
    await Promise.all(this.#copies.map((copy) => copy.add(texts)));
    this.#seen(texts);
  }

  followRevocations(listener: RevocationListener): void {
    this.#listener = listener;
    listener([...this.#known.values()]);
    this.#done = Promise.all(this.#copies.map((copy) => this.#follow(copy)));
  }

  awaitRevocations(): MaybePromise<void> {
    if (this.#copies.some(({ isCurrent }) => isCurrent)) return;
    return Promise.any(this.#copies.map((copy) => copy.refresh()))
      .catch(({ errors: [error] }: AggregateError) => {
        throw error;
      });
  }

  /** Stops reading. A read that waits for Redis ends with the connections, so they must be closed before the result is awaited. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #follow(copy: RevocationCopy): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await copy.read().catch(this.#report);
      await pause(POLL_MS, signal);
    }
  }

  /** Tells the listener of the revocations that are new, and forgets those that no longer matter. */
  #seen(texts: readonly string[]): void {
    const now = Date.now() / 1000;
    const news: RevocationRecord[] = [];
    for (const text of texts) {
      const record = decodeRevocation(text);
      if (!record || record.until <= now || this.#known.has(text)) continue;
      this.#known.set(text, record);
      news.push(record);
    }
    for (const [text, { until }] of this.#known) {
      if (until > now) break;
      this.#known.delete(text);
    }
    if (news.length > 0) this.#listener(news);
  }
}

/** Returns groups whose slots are far from each other. Clusters give each server one range of slots, so they are on different servers. */
function copyGroups(): number[] {
  const groups = Array.from({ length: GROUPS }, (_, group) => group)
    .toSorted((a, b) => slotOf(a) - slotOf(b));
  return Array.from(
    { length: COPIES },
    (_, copy) => groups[Math.floor((copy + 0.5) * GROUPS / COPIES)] ?? 0,
  );
}
