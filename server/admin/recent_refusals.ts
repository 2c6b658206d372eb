import type { Refused } from "../events/gateway_event.ts";
import type { RefusalAnswer } from "./answers.ts";
import type { SessionFilter } from "./exchanges.ts";
import { timeOf } from "./time.ts";

/** How long a refusal is remembered, how many in all, and how many of one client. */
const KEPT = { ms: 10 * 60_000, all: 1_000, each: 50 } as const;

/** Most refusals in an answer. */
const ANSWERED = 100;

/** Names a client: by its subject or the id of its token. */
type Client = Omit<SessionFilter, "channel">;

/** A refusal, with the names of the client that it can be found by. */
interface Remembered extends Client {
  readonly at: number;
  readonly answer: RefusalAnswer;
}

/**
 * Keeps the refusals of the last minutes to clients that can be told apart. It keeps no token, and takes about 5 MB at most. Refusals to
 * tokens whose signature is wrong are kept apart: anyone can make as many of them as they like, and in any name.
 */
export class RecentRefusals {
  readonly #gateway: string;
  readonly #now: () => number;
  readonly #verified = new Ring();
  readonly #unverified = new Ring();

  /** @param gateway The id of this gateway. */
  constructor(gateway: string, now: () => number = Date.now) {
    this.#gateway = gateway;
    this.#now = now;
  }

  /** Remembers a refusal, unless its client has no name. */
  add(event: Refused): void {
    const { subject, jti } = event;
    const { claimed_subject, claimed_jti } = event;
    if (subject !== undefined || jti !== undefined) {
      const { at, answer } = this.#describe(event);
      this.#verified.add({ at, subject, jti, answer });
    } else if (claimed_subject !== undefined || claimed_jti !== undefined) {
      const { at, answer } = this.#describe(event);
      this.#unverified.add({
        at,
        subject: claimed_subject,
        jti: claimed_jti,
        answer: { ...answer, unverified: true },
      });
    }
  }

  /** Returns those of a subject or a token, the newest first. */
  of(client: Client): RefusalAnswer[] {
    const now = this.#now();
    const found = [
      ...this.#verified.of(client, now),
      ...this.#unverified.of(client, now),
    ];
    return newestRefusals(found.map(({ answer }) => answer));
  }

  #describe(event: Refused): { at: number; answer: RefusalAnswer } {
    const { code, error, reason, session, address, origin, channel } = event;
    const at = this.#now();
    const time = timeOf(at);
    const where = { session, address, origin, channel };
    const gateway = this.#gateway;
    return { at, answer: { time, gateway, code, error, reason, ...where } };
  }
}

/**
 * Returns the newest refusals of a client at some gateways, the newest first. Those that anyone can have sent in its name only get the places
 * that its own leave.
 */
export function newestRefusals(
  refusals: readonly RefusalAnswer[],
): RefusalAnswer[] {
  const newest = refusals.toSorted(newestFirst);
  const certain = newest.filter(({ unverified }) => !unverified);
  const claimed = newest.filter(({ unverified }) => unverified);
  return [...certain, ...claimed].slice(0, ANSWERED).sort(newestFirst);
}

function newestFirst(a: RefusalAnswer, b: RefusalAnswer): number {
  return b.time.localeCompare(a.time);
}

/** A number of refusals, the oldest first. One client can't displace those of the others. */
class Ring {
  readonly #kept: Remembered[] = [];
  /** How many are kept of each client. */
  readonly #counts = new Map<string, number>();

  add(one: Remembered): void {
    this.#trim(one.at, KEPT.all - 1);
    const client = clientOf(one);
    if ((this.#counts.get(client) ?? 0) >= KEPT.each) {
      this.#remove(this.#kept.findIndex((other) => clientOf(other) === client));
    }
    this.#kept.push(one);
    this.#counts.set(client, (this.#counts.get(client) ?? 0) + 1);
  }

  /** Returns those of a subject or a token, the newest first. */
  of({ subject, jti }: Client, now: number): Remembered[] {
    this.#trim(now, KEPT.all);
    return this.#kept.filter((one) =>
      subject !== undefined && one.subject === subject ||
      jti !== undefined && one.jti === jti
    ).reverse();
  }

  /** Removes those that are too old or too many. */
  #trim(now: number, most: number): void {
    for (let [oldest] = this.#kept; oldest; [oldest] = this.#kept) {
      const isKept = now - oldest.at < KEPT.ms && this.#kept.length <= most;
      if (isKept) return;
      this.#remove(0);
    }
  }

  #remove(index: number): void {
    const [removed] = this.#kept.splice(index, 1);
    if (!removed) return;
    const client = clientOf(removed);
    const count = (this.#counts.get(client) ?? 1) - 1;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}

/** Names a client: a user, or a token without one. */
function clientOf({ subject, jti }: Client): string {
  return subject === undefined ? `jti ${jti}` : `subject ${subject}`;
}
