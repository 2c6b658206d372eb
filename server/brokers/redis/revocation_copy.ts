import { newEpoch } from "../log.ts";
import type { RevocationRecord } from "../revocation_store.ts";
import { groupKey } from "./keys.ts";
import {
  READ_REVOCATIONS_SCRIPT,
  REVOCATIONS_PAGE,
  REVOKE_SCRIPT,
} from "./revocation_scripts.ts";
import type { RunScript, Script } from "./scripts.ts";

/** The parts of the broker that a copy needs. */
export interface CopyHost {
  readonly prefix: string;
  /** The revocations that this gateway knows, from whichever copy. */
  readonly known: ReadonlyMap<string, RevocationRecord>;
  /** Takes the revocations that a copy has. */
  seen(revocations: readonly string[]): void;
  readonly run: RunScript;
}

/** Milliseconds within which every gateway has a revocation: the age up to which its knowledge is current. */
const CURRENT_MS = 1_000;

/** How many revocations are put back in one command. */
const BATCH = 500;

/** The revocations on one Redis server, and how far this gateway has read them. */
export class RevocationCopy {
  readonly #group: number;
  readonly #host: CopyHost;
  readonly #keys: readonly string[];
  /** The epoch that was read; `undefined` where the copy may lack something. */
  #epoch: string | undefined;
  /** The number of the newest revocation that was read. */
  #number = "0";
  /** When the last successful read began. */
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(group: number, host: CopyHost) {
    this.#group = group;
    this.#host = host;
    this.#keys = ["revocations", "revocations-epoch"]
      .map((kind) => groupKey(host.prefix, group, kind, ""));
  }

  /** Whether this gateway has everything that was here a second ago. */
  get isCurrent(): boolean {
    return performance.now() - this.#readAt < CURRENT_MS;
  }

  /** Adds revocations; those that are here already stay as they are. */
  async add(revocations: readonly string[]): Promise<void> {
    const epoch = await this.#run(REVOKE_SCRIPT, revocations);
    // The copy is another one than was read, or a new one. Until it is read as a whole, nobody would notice if it lost these again.
    if (epoch !== this.#epoch) this.#epoch = undefined;
  }

  /** Reads what is new. Calls at the same time share a read. */
  read(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  /** Reads until this gateway has everything that is here now. */
  async refresh(): Promise<void> {
    await this.read();
    // The read may have begun long ago, and waited for Redis.
    if (!this.isCurrent) await this.read();
  }

  async #read(): Promise<void> {
    const beganAt = performance.now();
    // Everything that the copy has, if it is another one than before.
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
      this.#host.seen(page);
      isLast = page.length < REVOCATIONS_PAGE;
    }
    this.#readAt = beganAt;
    if (present) await this.#putBack(present);
  }

  /** Puts back what a server lacks that restarted, took over from another one or lost its data. */
  async #putBack(present: ReadonlySet<string>): Promise<void> {
    const now = Date.now() / 1000;
    const missing = [...this.#host.known]
      .filter(([text, { until }]) => until > now && !present.has(text))
      .map(([text]) => text);
    try {
      for (let i = 0; i < missing.length; i += BATCH) {
        await this.add(missing.slice(i, i + BATCH));
      }
    } catch (error) {
      // The next read begins from the start, and puts back again.
      this.#epoch = undefined;
      throw error;
    }
  }

  #run(script: Script, args: readonly string[]): Promise<unknown> {
    const all = [newEpoch(), ...args];
    return this.#host.run(script, this.#group, this.#keys, all);
  }
}

/** Encodes a revocation for Redis. The text begins with its expiry, which the script reads. */
export function encodeRevocation(
  { subject, at, until }: RevocationRecord,
): string {
  return `${until} ${at} ${subject}`;
}

/** Decodes a revocation from Redis; returns `undefined` for anything else. */
export function decodeRevocation(text: string): RevocationRecord | undefined {
  const [, until, at, subject] = /^(\d+) (\d+) (.+)$/s.exec(text) ?? [];
  if (subject === undefined) return undefined;
  return { subject, at: Number(at), until: Number(until) };
}
