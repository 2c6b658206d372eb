import type { TokenClaims } from "../../core/protocol/token.ts";
import type { RevocationRecord } from "../brokers/revocation_store.ts";

/** The tokens to revoke: all that match one of the fields and were made until now. */
export interface Revocation {
  /** The user of the tokens. */
  readonly subject?: string | undefined;
  /** The id of one token; the tickets made from it have the same id. */
  readonly jti?: string | undefined;
  /** A channel in which the tokens have a right. */
  readonly channel?: string | undefined;
}

type Field = keyof Revocation;

const FIELDS: readonly Field[] = ["subject", "jti", "channel"];

/** Returns the texts by which brokers know a revocation: `subject u1`. */
export function subjectsOf(revocation: Revocation): string[] {
  return FIELDS.filter((field) => revocation[field] !== undefined)
    .map((field) => `${field} ${revocation[field]}`);
}

/** Entries from which on outdated ones are removed. */
const PRUNE_AT = 1000;

/** The time of a revocation, and until when it matters; in Unix seconds. */
type Times = Pick<RevocationRecord, "at" | "until">;

/** Revocations, in an order in which a token finds its own without making any text. */
export class RevocationSet {
  readonly #fields: Readonly<Record<Field, Map<string, Times>>> = {
    subject: new Map(),
    jti: new Map(),
    channel: new Map(),
  };

  get isEmpty(): boolean {
    return FIELDS.every((field) => this.#fields[field].size === 0);
  }

  /** Returns whether the revocation concerns any token that no earlier one did. */
  add({ subject, at, until }: RevocationRecord): boolean {
    const now = Date.now() / 1000;
    const [field, value] = readSubject(subject);
    // A gateway of a later version may know other fields.
    if (field === undefined || until <= now) return false;
    const times = this.#fields[field];
    const known = times.get(value);
    if (known && known.at >= at) return false;
    if (times.size >= PRUNE_AT) prune(times, now);
    times.delete(value);
    times.set(value, { at, until });
    return true;
  }

  has({ sub, jti, iat, topics, publish, stop }: TokenClaims): boolean {
    const { subject: subjects, jti: jtis, channel: channels } = this.#fields;
    if (sub !== undefined && isRevoked(subjects, sub, iat)) return true;
    if (isRevoked(jtis, jti, iat)) return true;
    if (channels.size === 0) return false;
    const isHere = ({ channel }: { channel: string }): boolean =>
      isRevoked(channels, channel, iat);
    return [topics, publish, stop]
      .some((granted = []) => granted !== true && granted.some(isHere));
  }

  hasChannel(channel: string, iat: number): boolean {
    return isRevoked(this.#fields.channel, channel, iat);
  }
}

function readSubject(subject: string): [Field | undefined, string] {
  const end = subject.indexOf(" ");
  const name = subject.slice(0, Math.max(0, end));
  return [FIELDS.find((field) => field === name), subject.slice(end + 1)];
}

function isRevoked(
  times: ReadonlyMap<string, Times>,
  value: string,
  iat: number,
): boolean {
  return iat <= (times.get(value)?.at ?? -1);
}

/** Removes outdated revocations, the oldest of which come first. */
function prune(times: Map<string, Times>, now: number): void {
  for (const [value, { until }] of times) {
    if (until > now) break;
    times.delete(value);
  }
}
