import { parseArgs } from "node:util";
import { pick } from "../support/choices.ts";
import { type Transport, TRANSPORTS } from "./client_protocol.ts";
import type { Fault } from "./fault.ts";
import { FAULTS } from "./faults/mod.ts";
import { REDIS_FAULTS } from "./faults/redis/mod.ts";
import { SQLITE_FAULTS } from "./faults/sqlite/mod.ts";
import { type RuntimeName, RUNTIMES } from "../support/process/programs.ts";

/** The faults of each broker: a single gateway with the memory or the SQLite broker on each runtime, or several on one Redis. */
const FAULTS_OF = {
  memory: FAULTS,
  sqlite: SQLITE_FAULTS,
  redis: REDIS_FAULTS,
} as const;

const BROKERS = ["memory", "sqlite", "redis"] as const;

/** The faults to run, and what to run them on. */
export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly transports: readonly Transport[];
  readonly faults: readonly Fault[];
  readonly broker: typeof BROKERS[number];
  readonly isShort: boolean;
  /** Whether to print lines of JSON instead of a table. */
  readonly isJson: boolean;
}

/** The help text. */
export const USAGE = `Usage: deno task chaos [options]

  --broker memory|sqlite|redis  a gateway on each runtime, or three on one Redis (memory)
  --runtime deno|bun|node|all   runtimes of the gateway, with commas between them (all)
  --transport websocket|sse|all transports of the clients (all)
  --fault <n>,<n>,…             numbers of faults (all)
  --short                       run each fault for a few seconds only
  --json                        print the rows as lines of JSON
  --help                        print this
`;

/** Parses the arguments; returns a text that says what is wrong with them. */
export function parseOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        broker: { type: "string", default: "memory" },
        runtime: { type: "string", default: "all" },
        transport: { type: "string", default: "all" },
        fault: { type: "string", default: "all" },
        short: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return USAGE;
    const [broker = "memory"] = pick("broker", values.broker, BROKERS);
    const known = FAULTS_OF[broker];
    const numbers = pick(
      "fault",
      values.fault,
      known.map(({ number }) => number),
    );
    return {
      broker,
      runtimes: pick("runtime", values.runtime, RUNTIMES),
      transports: pick("transport", values.transport, TRANSPORTS),
      faults: known.filter(({ number }) => numbers.includes(number)),
      isShort: values.short,
      isJson: values.json,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
