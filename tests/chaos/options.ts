import { parseArgs } from "node:util";
import { type Transport, TRANSPORTS } from "./client_protocol.ts";
import type { Fault } from "./fault.ts";
import { FAULTS } from "./faults/mod.ts";
import { REDIS_FAULTS } from "./faults/redis/mod.ts";
import { type RuntimeName, RUNTIMES } from "../support/process/programs.ts";

/** What to try, on what. */
export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly transports: readonly Transport[];
  readonly faults: readonly Fault[];
  /** Whether it is several gateways on Redis, one of each runtime, instead of one on each runtime. */
  readonly isCluster: boolean;
  readonly isShort: boolean;
  /** Whether the table is to be JSON. */
  readonly isJson: boolean;
}

/** How it is used. */
export const USAGE = `Usage: deno task chaos [options]

  --broker memory|redis         one gateway, on each runtime, or three on Redis (memory)
  --runtime deno|bun|node|all   runtimes of the gateway (all), several with commas
  --transport websocket|sse|all transports of the clients (all)
  --fault <n>,<n>,…             numbers of faults (all of them)
  --short                       a few seconds for each
  --json                        rows as lines of JSON instead of a table
  --help                        print this
`;

/** Reads the arguments; a text says what is wrong with them. */
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
    const [broker] = pick("broker", values.broker, ["memory", "redis"]);
    const isCluster = broker === "redis";
    const known = isCluster ? REDIS_FAULTS : FAULTS;
    const numbers = pick(
      "fault",
      values.fault,
      known.map(({ number }) => number),
    );
    return {
      isCluster,
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

function pick<T extends string>(
  name: string,
  given: string,
  known: readonly T[],
): T[] {
  if (given === "all") return [...known];
  return given.split(",").map((value) => {
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    throw new RangeError(
      `Unknown ${name} "${value}": use ${known.join(", ")} or all`,
    );
  });
}
