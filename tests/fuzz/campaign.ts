import { type Case, type Kind, KINDS } from "./case.ts";
import { makeCase } from "./cases.ts";
import type { Credentials } from "./credentials.ts";
import { exchange } from "./exchange.ts";
import { judge } from "./judge.ts";
import { escapeBytes } from "./mutate.ts";

/** A case whose answer broke a promise. */
export interface Failure {
  /** The case as `--only` takes it: `http:17`. */
  readonly name: string;
  readonly problem: string;
  /** Its bytes, escaped. */
  readonly bytes: string;
}

/** The answers to the cases of a kind, counted. */
export type Counts = Map<string, number>;

/** A number of cases of each kind, sent to a gateway. */
export interface Campaign {
  readonly port: number;
  readonly seed: number;
  readonly credentials: Credentials;
  /** How many cases there are of each kind. */
  readonly count: number;
  /** Sends only this case. */
  readonly only?: { readonly kind: Kind; readonly number: number };
  /** Called after each kind. */
  readonly onKind?: (kind: Kind, counts: Counts, seconds: number) => void;
  /** Ends the campaign early, such as when the gateway has ended. */
  readonly signal?: AbortSignal;
}

/** The result of a campaign. */
export interface Result {
  readonly counts: ReadonlyMap<Kind, Counts>;
  /** The first failures. */
  readonly failures: readonly Failure[];
  /** How many cases failed. */
  readonly failed: number;
}

/** How many connections are open at the same time. */
const TOGETHER = 32;

/** How many failures are kept for each problem. */
const KEPT = 2;

/** Sends the cases of a campaign, one kind after the other. */
export async function run(campaign: Campaign): Promise<Result> {
  const { seed, count, credentials, port, only, onKind, signal } = campaign;
  const counts = new Map<Kind, Counts>();
  const failures: Failure[] = [];
  const seen = new Map<string, number>();
  let failed = 0;

  function fail(kind: Kind, number: number, sent: Case, problem: string): void {
    const times = (seen.get(problem) ?? 0) + 1;
    seen.set(problem, times);
    if (times > KEPT) return;
    const bytes = escapeBytes((sent.opening ?? "") + sent.bytes);
    failures.push({ name: `${kind}:${number}`, problem, bytes });
  }

  for (const kind of only ? [only.kind] : KINDS) {
    const started = performance.now();
    const labels: Counts = new Map();
    counts.set(kind, labels);
    let next = only?.number ?? 0;
    const end = only ? only.number + 1 : count;
    const lane = async (): Promise<void> => {
      while (next < end && !signal?.aborted) {
        const number = next++;
        const sent = makeCase(seed, kind, number, credentials);
        try {
          const { label, problems } = judge(sent, await exchange(port, sent));
          labels.set(label, (labels.get(label) ?? 0) + 1);
          if (problems.length > 0) failed++;
          for (const problem of new Set(problems)) {
            fail(kind, number, sent, problem);
          }
        } catch (error) {
          failed++;
          fail(kind, number, sent, `cannot connect: ${Object(error).message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, lane));
    onKind?.(kind, labels, (performance.now() - started) / 1000);
  }
  return { counts, failures, failed };
}
