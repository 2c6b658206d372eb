import { pause } from "../../../core/time/backoff.ts";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import { newEpoch } from "../log.ts";
import type {
  RevocationListener,
  RevocationRecord,
  RevocationStore,
} from "../revocation_store.ts";
import { groupKey } from "./keys.ts";
import {
  READ_REVOCATIONS_SCRIPT,
  REVOCATIONS_PAGE,
  REVOKE_SCRIPT,
} from "./revocation_scripts.ts";
import type { RunScript, Script } from "./scripts.ts";

/** The parts of the broker that revocations need. */
export interface RedisRevocationsHost {
  readonly prefix: string;
  readonly run: RunScript;
  report(error: unknown): void;
}

/** The group of the keys: a cluster has them on one server, and on its replicas. */
const GROUP = 0;

/** Milliseconds between two reads of what is new. They leave a gateway that is busy enough time to act within a second. */
const POLL_MS = 250;

/** Milliseconds within which every gateway has a revocation: the age up to which its knowledge is current. */
const CURRENT_MS = 1_000;

/** How many revocations are put back in one command. */
const BATCH = 500;

/**
 * Keeps revocations in Redis. Gateways read what is new four times a second, instead of by pub/sub, which may lose messages: one small
 * command, whose answer also shows how old the gateway's knowledge is.
 */
export class RedisRevocations implements RevocationStore {
  readonly #host: RedisRevocationsHost;
  readonly #keys: readonly string[];
  /** The revocations that this gateway knows, as they are encoded; the oldest first. */
  readonly #known = new Map<string, RevocationRecord>();
  readonly #closing = new AbortController();
  /** The epoch that was read; `undefined` where Redis may lack something. */
  #epoch: string | undefined;
  /** The number of the newest revocation that was read. */
  #number = "0";
  /** When the last successful read began. */
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #listener: RevocationListener = () => {};
  #done: Promise<unknown> = Promise.resolve();

  constructor(host: RedisRevocationsHost) {
    this.#host = host;
    this.#keys = ["revocations", "revocations-epoch"]
      .map((kind) => groupKey(host.prefix, GROUP, kind, ""));
  }

  async revoke(revocations: readonly RevocationRecord[]): Promise<void> {
    const texts = revocations.map(encodeRevocation);
    await this.#add(texts);
    this.#seen(texts);
  }

  followRevocations(listener: RevocationListener): void {
    this.#listener = listener;
    listener([...this.#known.values()]);
    this.#done = this.#follow();
  }

  awaitRevocations(): MaybePromise<void> {
    if (!this.#isCurrent) return this.#refresh();
  }

  /** Stops reading. A read that waits for Redis ends with the connections, so they must be closed before the result is awaited. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  /** Whether this gateway has everything that Redis had a second ago. */
  get #isCurrent(): boolean {
    return performance.now() - this.#readAt < CURRENT_MS;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#readOnce().catch(this.#host.report);
      await pause(POLL_MS, signal);
    }
  }

  async #refresh(): Promise<void> {
    await this.#readOnce();
    // The read may have begun long ago, and waited for Redis.
    if (!this.#isCurrent) await this.#readOnce();
  }

  /** Reads what is new. Calls at the same time share a read. */
  #readOnce(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  async #read(): Promise<void> {
    const beganAt = performance.now();
    // Everything that Redis has, if it has other data than before.
    let present: Set<string> | undefined;
    for (let isLast = false; !isLast;) {
      const args = [this.#epoch ?? "", this.#number];
      const reply = await this.#run(READ_REVOCATIONS_SCRIPT, args);
      const [epoch = "", ...rest] = Array.isArray(reply)
        ? reply.map(String)
        : [];
      if (epoch !== this.#epoch) {
        this.#epoch = epoch;
        this.#number = "0";
        present = new Set();
      }
      // Revocations alternate with their numbers.
      const page = rest.filter((_, i) => i % 2 === 0);
      this.#number = rest.at(-1) ?? this.#number;
      for (const text of page) present?.add(text);
      this.#seen(page);
      isLast = page.length < REVOCATIONS_PAGE;
    }
    this.#readAt = beganAt;
    if (present) await this.#putBack(present);
  }

  /** Puts back what a server lacks that restarted, took over from another one or lost its data. */
  async #putBack(present: ReadonlySet<string>): Promise<void> {
    const now = Date.now() / 1000;
    const missing = [...this.#known]
      .filter(([text, { until }]) => until > now && !present.has(text))
      .map(([text]) => text);
    try {
      for (let i = 0; i < missing.length; i += BATCH) {
        await this.#add(missing.slice(i, i + BATCH));
      }
    } catch (error) {
      // The next read begins from the start, and puts back again.
      this.#epoch = undefined;
      throw error;
    }
  }

  /** Adds revocations; those that Redis has already stay as they are. */
  async #add(revocations: readonly string[]): Promise<void> {
    const epoch = await this.#run(REVOKE_SCRIPT, revocations);
    // Redis has other data than was read. Until they are read as a whole, nobody would notice if it lost these again.
    if (epoch !== this.#epoch) this.#epoch = undefined;
  }

  #run(script: Script, args: readonly string[]): Promise<unknown> {
    const all = [newEpoch(), ...args];
    return this.#host.run(script, GROUP, this.#keys, all);
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

/** Encodes a revocation for Redis. The text begins with its expiry, which the script reads. */
function encodeRevocation(
  { subject, at, until }: RevocationRecord,
): string {
  return `${until} ${at} ${subject}`;
}

/** Decodes a revocation from Redis; returns `undefined` for anything else. */
function decodeRevocation(text: string): RevocationRecord | undefined {
  const [, until, at, subject] = /^(\d+) (\d+) (.+)$/s.exec(text) ?? [];
  if (subject === undefined) return undefined;
  return { subject, at: Number(at), until: Number(until) };
}
