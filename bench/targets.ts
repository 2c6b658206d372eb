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

/** What a lane is made to meet: a ratio to another lane of its section. */
interface Target {
  readonly section: string;
  readonly what: string;
  readonly metric: Metric;
  readonly runtimes: readonly RuntimeName[];
  readonly lane: (runtime: RuntimeName) => string;
  readonly beside: (runtime: RuntimeName) => string;
  /** The other lane's section, where that is another. */
  readonly besideSection?: string;
  readonly limit: number;
  /** The least that it may be, where less is not better. */
  readonly least?: number;
}

const v1 = (runtime: RuntimeName) => gatewayName(runtime, "v1");
const plain = (runtime: RuntimeName) => gatewayName(runtime, "plain");
const alone = (runtime: RuntimeName) => `Tidings on ${TITLES[runtime]}`;
const always = (name: string) => () => name;

/** What doesn't grow. */
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
    what: "(1) CPU a delivery, v1, of Socket.IO's",
    beside: always(socketIo.name),
    limit: 1 / 10,
  },
  {
    ...fanOut,
    what: "(1) CPU a delivery, v1, of nats-server's",
    beside: always(nats.name),
    limit: 1,
  },
  {
    ...fanOut,
    what: "(1) CPU a delivery, v1, of the floor",
    beside: always(floor.name),
    limit: 1.7,
  },
  {
    ...fanOut,
    what: "(1) CPU a delivery, plain, of Socket.IO's",
    runtimes: ["bun", "node"],
    lane: plain,
    beside: always(socketIo.name),
    limit: 1 / 6,
  },
  {
    ...fanOut,
    what: "(1) CPU a delivery, plain, of the bare loop's",
    runtimes: ["deno"],
    lane: plain,
    beside: bareName,
    limit: 1.1,
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU a delivery, one publisher, v1, of the bare loop's",
    beside: bareName,
    limit: 1.15,
  },
  {
    ...fanOut,
    section: "2-1",
    what: "(2) CPU a delivery, one publisher, plain, of the bare loop's",
    lane: plain,
    beside: bareName,
    limit: 1.15,
  },
  {
    ...fanOut,
    section: "2-latency",
    metric: "p99Ms",
    what: "(2) p99 at half the peak rate, v1, of the bare loop's",
    beside: bareName,
    limit: 1,
  },
  {
    ...fanOut,
    section: "3",
    what: "(3) CPU a delivery, of the bare server's",
    beside: bareName,
    limit: 1.5,
  },
  {
    ...fanOut,
    section: "5",
    what: "(5) CPU a publish, single, of the bare server's",
    lane: (runtime) => publishName(runtime, "single"),
    beside: bareName,
    limit: 1 / 0.7,
  },
  {
    ...fanOut,
    section: "6",
    what: "(6) CPU a connection, v1, of bare accept and one jose verify",
    beside: (runtime) => bareVerifying(runtime).name,
    limit: 1 / 0.6,
  },
  {
    ...fanOut,
    section: "6",
    what: "(6) CPU a connection, plain, of bare accept and one jose verify",
    lane: plain,
    beside: (runtime) => bareVerifying(runtime).name,
    limit: 1 / 0.6,
  },
  {
    ...fanOut,
    section: "8",
    metric: "bytes",
    what: "(8) memory a connection, v1, of the bare runtime's",
    beside: bareName,
    limit: 1.4,
  },
  {
    ...client,
    what: "(9) CPU a message, batched, of WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "WebSocket", true),
    limit: 0.6,
  },
  {
    ...client,
    what: "(9) CPU a message, not batched, of WebSocket and JSON.parse",
    lane: (runtime) => clientName(runtime, "for await", false),
    beside: (runtime) => clientName(runtime, "WebSocket", false),
    limit: 1.3,
  },
  {
    ...client,
    what: "(9) CPU a message, batched, of @inngest/realtime's",
    lane: (runtime) => clientName(runtime, "for await", true),
    beside: (runtime) => clientName(runtime, "@inngest/realtime", true),
    limit: 1 / 4,
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU a delivery, 10,000 subscribers, of 100's",
    beside: v1,
    besideSection: "growth-100",
    ...FLAT,
  },
  {
    ...fanOut,
    section: "growth-10000",
    what: "CPU a delivery, 10,000 subscribers, of 1,000's",
    beside: v1,
    besideSection: "growth-1000",
    ...FLAT,
  },
  {
    ...fanOut,
    section: "growth-publish-5000",
    what: "CPU a publish, beside 5,000 other channels, of beside none",
    lane: alone,
    beside: alone,
    besideSection: "growth-publish-0",
    limit: FLAT.limit,
  },
];

/** What became of each target that was measured, as a table of Markdown; empty where none was. */
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
