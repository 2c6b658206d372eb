import { parseArgs } from "node:util";
import { pick } from "../tests/support/choices.ts";
import {
  type RuntimeName,
  RUNTIMES,
} from "../tests/support/process/programs.ts";
import type { Effort } from "./lab.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

/** The scenarios to measure, and how thoroughly. */
export interface Options {
  /** Names of scenarios. */
  readonly scenarios: readonly string[];
  readonly runtimes: readonly RuntimeName[];
  readonly effort: Effort;
  /** The folder of another checkout that is measured beside this one. */
  readonly before: string | undefined;
  /** Whether the run is complete, so that it is written to `bench/results.md`. */
  readonly isWhole: boolean;
}

/** The help text. */
export const USAGE = `Usage: deno task bench [scenario…] [options]

  scenario                      names of scenarios, see bench/README.md (all)
  --runtime deno|bun|node|all   runtimes of the gateway, with commas between them (all)
  --rounds <n>                  how often each scenario is measured (5; 25 with --before)
  --before <folder>             compare our gateway and client with those of another checkout
  --short                       measure 2 rounds of half a second
  --help                        print this

A complete run writes bench/results.md; deno task bench:quotes writes its numbers into README and docs.
`;

const EFFORT: Effort = { rounds: 5, seconds: 0.5, warmUp: 1.5, rewarm: 0.7 };
const SHORT: Effort = { rounds: 2, seconds: 0.5, warmUp: 0.7, rewarm: 0.4 };
/** Many short measurements: two checkouts differ by less than one measurement differs from the next. */
const COMPARING: Effort = {
  rounds: 25,
  seconds: 0.4,
  warmUp: 0.4,
  rewarm: 0.4,
};

/** Parses the arguments; returns a text that says what is wrong with them. */
export function parseOptions(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        runtime: { type: "string", default: "all" },
        rounds: { type: "string" },
        before: { type: "string" },
        short: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return USAGE;
    const effort = values.short
      ? SHORT
      : values.before === undefined
      ? EFFORT
      : COMPARING;
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
        : pick("scenario", positionals.join(","), names),
      runtimes: pick("runtime", values.runtime, RUNTIMES),
      effort: { ...effort, rounds },
      before: values.before,
      isWhole: positionals.length === 0 && values.runtime === "all" &&
        !values.short && values.before === undefined,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
