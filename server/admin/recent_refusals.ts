import type { Refused } from "../events/gateway_event.ts";
import type { RefusalAnswer } from "./answers.ts";
import type { SessionFilter } from "./exchanges.ts";
import { timeOf } from "./time.ts";

/** How long a refusal is remembered, how many in all, and how many of one subject or token. */
const KEPT = { ms: 10 * 60_000, all: 2_000, each: 50 } as const;

/** The longest text of a client that is kept, in characters. */
const LENGTH = 300;

/** A refusal, with the names of the client that it can be found by. */
interface Remembered {
  readonly at: number;
  readonly subject: string | undefined;
  readonly jti: string | undefined;
  readonly answer: RefusalAnswer;
}

/**
 * What was refused in the last minutes to clients that can be told apart, by the subject or the id of their tokens. It keeps no token, and
 * takes about 1 MB at most.
 */
export class RecentRefusals {
  readonly #gateway: string;
  readonly #now: () => number;
  /** The oldest first. */
  #kept: Remembered[] = [];
  /** How many are kept of each client. */
  readonly #counts = new Map<string, number>();

  /** @param gateway The id of this gateway. */
  constructor(gateway: string, now: () => number = Date.now) {
    this.#gateway = gateway;
    this.#now = now;
  }

  add(
    event: Refused & {
      readonly jti?: string | undefined;
      readonly channel?: string | undefined;
    },
  ): void {
    const { code, error, reason, session, address, origin, channel } = event;
    const { subject = undefined, jti = undefined } = event;
    if (subject === undefined && jti === undefined) return;
    const at = this.#now();
    this.#trim(at);
    const client = clientOf(event);
    const count = this.#counts.get(client) ?? 0;
    // A client that tries again and again must not displace the others.
    if (count >= KEPT.each) this.#forgetOldestOf(client);
    this.#kept.push({
      at,
      subject,
      jti,
      answer: {
        time: timeOf(at),
        gateway: this.#gateway,
        code,
        error,
        reason: reason.slice(0, LENGTH),
        session,
        address,
        origin: origin?.slice(0, LENGTH),
        channel,
      },
    });
    this.#counts.set(client, (this.#counts.get(client) ?? 0) + 1);
  }

  /** Returns those of a subject or a token, the newest first, at most 100. */
  of({ subject, jti }: Omit<SessionFilter, "channel">): RefusalAnswer[] {
    this.#trim(this.#now());
    return this.#kept.filter((one) =>
      subject !== undefined && one.subject === subject ||
      jti !== undefined && one.jti === jti
    ).map(({ answer }) => answer).reverse().slice(0, 100);
  }

  #trim(now: number): void {
    while (this.#kept.length > 0) {
      const [oldest] = this.#kept;
      if (!oldest) return;
      const isKept = now - oldest.at < KEPT.ms && this.#kept.length < KEPT.all;
      if (isKept) return;
      this.#remove(0, oldest);
    }
  }

  #forgetOldestOf(client: string): void {
    const index = this.#kept.findIndex((one) => clientOf(one) === client);
    const oldest = this.#kept[index];
    if (oldest) this.#remove(index, oldest);
  }

  #remove(index: number, one: Remembered): void {
    this.#kept.splice(index, 1);
    const client = clientOf(one);
    const count = (this.#counts.get(client) ?? 1) - 1;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}

/** Names a client: a user, or a token without one. */
function clientOf(
  { subject, jti }: {
    readonly subject?: string | undefined;
    readonly jti?: string | undefined;
  },
): string {
  return subject === undefined ? `jti ${jti}` : `sub ${subject}`;
}
