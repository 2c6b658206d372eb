import { parseArgs } from "node:util";
import { pick } from "../support/choices.ts";
import { type RuntimeName, RUNTIMES } from "../support/process/programs.ts";
import { type Kind, KINDS } from "./case.ts";
import { type BrokerName, BROKERS } from "./fuzz.ts";

/** The options of the command line. */
export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly brokers: readonly BrokerName[];
  readonly seed: number;
  /** How many cases there are of each kind. */
  readonly count: number;
  /** The only case to send. */
  readonly only?: { readonly kind: Kind; readonly number: number };
  /** Whether to compare the fast path with the general path. */
  readonly isDifferential: boolean;
}

/** The help text. */
export const USAGE = `Usage: deno task fuzz [options]

  --runtime deno|bun|node|all  runtimes of the gateway, with commas between them (all)
  --broker memory|redis|all    brokers of the gateway (memory)
  --seed <n>                   repeats the cases of an earlier run (a random seed)
  --count <n>                  cases of each kind: http, handshake, frames, sse (20000)
  --only <kind>:<n>            sends only this case of the seed
  --differential               sends the cases of HTTP by the fast and the general path, and compares the answers
  --help                       print this
`;

/** Seeds are whole numbers below this. */
const SEEDS = 2 ** 31;

/** Parses the arguments; returns a text that says what is wrong with them. */
export function parseOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        runtime: { type: "string", default: "all" },
        broker: { type: "string", default: "memory" },
        seed: { type: "string" },
        count: { type: "string", default: "20000" },
        only: { type: "string" },
        differential: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return USAGE;
    const { only, seed } = values;
    return {
      runtimes: pick("runtime", values.runtime, RUNTIMES),
      brokers: pick("broker", values.broker, BROKERS),
      seed: seed === undefined ? randomSeed() : whole("seed", seed),
      count: whole("count", values.count),
      ...(only === undefined ? {} : { only: caseOf(only) }),
      isDifferential: values.differential,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed % SEEDS;
}

function whole(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new RangeError(`"--${name} ${text}" must be a whole number`);
}

function caseOf(text: string): { kind: Kind; number: number } {
  const [kind = "", number = ""] = text.split(":");
  const [known] = pick("kind", kind, KINDS);
  if (known === undefined || kind === "all") {
    throw new RangeError(`Unknown case "${text}": write it as http:17`);
  }
  return { kind: known, number: whole("only", number) };
}
