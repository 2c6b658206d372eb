import {
  type RuntimeName,
  RUNTIMES,
  TITLES,
} from "../tests/support/process/programs.ts";
import { bareVerifying, floor, nats, socketIo } from "./peers/mod.ts";
import { type Metric, ratioOf, type Section } from "./results.ts";
import { clientName } from "./scenarios/client.ts";
import { publishName } from "./scenarios/publish.ts";
import { bareName, gatewayName } from "./scenarios/lanes.ts";
import { formatRows } from "../tests/support/markdown.ts";
import { writeRatio } from "./table.ts";

/** A target of a lane: the limit of a ratio to another lane. */
interface Target {
  readonly section: string;
  readonly what: string;
  readonly metric: Metric;
  readonly runtimes: readonly RuntimeName[];
  readonly lane: (runtime: RuntimeName) => string;
  readonly beside: (runtime: RuntimeName) => string;
  /**
   * The other lane's section.
   *
   * @default {the lane's own section}
   */
  readonly besideSection?: string;
  readonly limit: number;
  /**
   * The smallest ratio that meets the target.
   *
   * @default {0}
   */
  readonly least?: number;
}

const v1 = (runtime: RuntimeName) => gatewayName(runtime, "v1");
const plain = (runtime: RuntimeName) => gatewayName(runtime, "plain");
const alone = (runtime: RuntimeName) => `Tidings on ${TITLES[runtime]}`;
const always = (name: string) => () => name;

/** The range of a ratio that counts as 1. */
const FLAT = { least: 0.85, limit: 1.15 } as const;

const fanOut = {
  section: "1",
  metric: "cpuUs",
  runtimes: RUNTIMES,
  lane: v1,
} as const;

const client = {
  section: "9",
  metric: "clientUs",
  runtimes: RUNTIMES,
} as const;

const TARGETS: readonly Target[] = [
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against Socket.IO",
    beside: always(socketIo.name),
    limit: 1 / 10,
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against nats-server",
    beside: always(nats.name),
    limit: 1,
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, v1 against the floor",
    beside: always(floor.name),
    limit: 1.7,
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, plain against Socket.IO",
    runtimes: ["bun", "node"],
    lane: plain,
    beside: always(socketIo.name),
    limit: 1 / 6,
  },
  {
    ...fanOut,
    what: "(1) CPU per delivery, plain against the bare server",
    runtimes: ["deno"],
    lane: plain,
    beside: bareName,
    limit: 1.1,
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU per delivery, one publisher, v1 against the bare server",
    beside: bareName,
    limit: 1.15,
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU per delivery, one publisher, plain against the bare server",
    lane: plain,
    beside: bareName,
    limit: 1.15,
  },
  {
    ...fanOut,
    section: "2-latency",
    metric: "p99Ms",
    what: "(2) p99 at half the peak rate, v1 against the bare server",
    beside: bareName,
    limit: 1,
  },
  {
    ...fanOut,
    section: "3",
    what: "(3) CPU per delivery against the bare server",
    beside: bareName,
    limit: 1.5,
  },
  {
    ...fanOut,
    section: "5",
    what: "(5) CPU per publish, single against the bare server",
    lane: (runtime) => publishName(runtime, "single"),
    beside: bareName,
    limit: 1 / 0.7,
  },
  {
    ...fanOut,
    section: "6",
    what:
      "(6) CPU per connection, v1 against a bare server with one jose verify",
    beside: (runtime) => bareVerifying(runtime).name,
    limit: 1 / 0.6,
  },
  {
    ...fanOut,
    section: "6",
    what:
      "(6) CPU per connection, plain against a bare server with one jose verify",
    lane: plain,
    beside: (runtime) => bareVerifying(runtime).name,
    limit: 1 / 0.6,
  },
  {
    ...fanOut,
    section: "8",
    metric: "bytes",
    what: "(8) memory per connection, v1 against the bare server",
    beside: bareName,
    limit: 1.4,
  },
  {
    ...client,
    what: "(9) CPU per message, batched against WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "WebSocket", true),
    limit: 0.6,
  },
  {
    ...client,
    what: "(9) CPU per message, not batched against WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", false),
    beside: (runtime) => clientName(runtime, "WebSocket", false),
    limit: 1.3,
  },
  {
    ...client,
    what: "(9) CPU per message, batched against @inngest/realtime",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "@inngest/realtime", true),
    limit: 1 / 4,
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU per delivery, 10,000 subscribers against 100",
    beside: v1,
    besideSection: "growth-100",
    ...FLAT,
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU per delivery, 10,000 subscribers against 1,000",
    beside: v1,
    besideSection: "growth-1000",
    ...FLAT,
  },
  {
    ...fanOut,
    section: "growth-publish-5000",
    what: "CPU per publish, beside 5,000 other channels against none",
    lane: alone,
    beside: alone,
    besideSection: "growth-publish-0",
    limit: FLAT.limit,
  },
];

/** Formats the targets that were measured as a Markdown table; empty when none was. */
export function formatTargets(sections: readonly Section[]): string {
  const find = (section: string, name: string) =>
    sections.find(({ id }) => id === section)?.results
      .find(({ lane }) => lane === name);
  const rows = TARGETS.flatMap((target) =>
    target.runtimes.flatMap((runtime) => {
      const { section, besideSection = section, limit, least = 0 } = target;
      const lane = find(section, target.lane(runtime));
      const beside = find(besideSection, target.beside(runtime));
      const ratio = lane && beside && ratioOf(lane, beside, target.metric);
      if (ratio === undefined) return [];
      const range = least > 0 ? `${writeRatio(least)} to ` : "<= ";
      return [[
        target.what,
        TITLES[runtime],
        writeRatio(ratio),
        range + writeRatio(limit),
        ratio >= least && ratio <= limit ? "met" : "MISSED",
      ]];
    })
  );
  if (rows.length === 0) return "";
  return `### Targets\n\n${
    formatRows([["", "on", "ratio", "target", ""], ...rows])
  }\n`;
}
