import { parseArgs } from "node:util";
import {
  type RuntimeName,
  RUNTIMES,
} from "../tests/support/process/programs.ts";
import type { Effort } from "./lab.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

/** What to measure, and how thoroughly. */
export interface Options {
  /** Names of scenarios. */
  readonly scenarios: readonly string[];
  readonly runtimes: readonly RuntimeName[];
  readonly effort: Effort;
  /** Whether it is everything, thoroughly: what `bench/results.md` is made of. */
  readonly isWhole: boolean;
}

/** How it is used. */
export const USAGE = `Usage: deno task bench [scenario…] [options]

  scenario                      names of scenarios (all of them), see bench/README.md
  --runtime deno|bun|node|all   runtimes of the gateway (all), several with commas
  --rounds <n>                  how often each is measured (5)
  --short                       2 rounds of half a second
  --help                        print this

A whole run writes bench/results.md.
`;

const EFFORT: Effort = { rounds: 5, seconds: 0.8, warmUp: 1.5 };
const SHORT: Effort = { rounds: 2, seconds: 0.5, warmUp: 0.7 };

/** Reads the arguments; a text says what is wrong with them. */
export function parseOptions(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        runtime: { type: "string", default: "all" },
        rounds: { type: "string" },
        short: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return USAGE;
    const effort = values.short ? SHORT : EFFORT;
    const rounds = values.rounds === undefined
      ? effort.rounds
      : Number(values.rounds);
    if (!Number.isSafeInteger(rounds) || rounds < 1) {
      throw new RangeError("--rounds must be a whole number from 1");
    }
    const names = SCENARIOS.flatMap(({ names }) => names);
    return {
      scenarios: positionals.length === 0
        ? names
        : positionals.map((name) => pick("scenario", name, names)),
      runtimes: values.runtime === "all"
        ? RUNTIMES
        : values.runtime.split(",").map((name) =>
          pick("runtime", name, RUNTIMES)
        ),
      effort: { ...effort, rounds },
      isWhole: positionals.length === 0 && values.runtime === "all" &&
        !values.short,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function pick<T extends string>(
  what: string,
  given: string,
  known: readonly T[],
): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new RangeError(`Unknown ${what} "${given}": use ${known.join(", ")}`);
}
