import { RUNTIMES, TITLES } from "../../tests/support/process/programs.ts";
import type { ResultsFile } from "../results_file.ts";
import { count, CPU, precise, RATE, table } from "./cells.ts";

/** A row of the table of costs in docs/deploy.md. */
interface Cost {
  readonly what: string;
  /** The beginning of the section's title. */
  readonly section: string;
  /** The lane's name after that of the runtime. */
  readonly lane: string;
  /** Socket.IO's lane, where it has one. */
  readonly socketIo?: string;
  readonly column?: string;
  readonly unit?: string;
  readonly scenario: string;
}

const COSTS: readonly Cost[] = [
  {
    what: "a delivery, 1,000 subscribers, one message at a time",
    section: "Fan-out: 1,000 subscribers, 1 publisher,",
    lane: "v1",
    socketIo: "Socket.IO on Node",
    scenario: "2",
  },
  {
    what: "a delivery, 64 messages at a time",
    section: "Fan-out: 1,000 subscribers, 64 publishers",
    lane: "v1",
    socketIo: "Socket.IO on Node",
    scenario: "2",
  },
  {
    what: "a message to a channel of its own with one subscriber, our client",
    section: "10,000 channels of one subscriber each",
    lane: "our client",
    scenario: "3",
  },
  {
    what: "the same, in a request of its own",
    section: "10,000 channels of one subscriber each",
    lane: "v1",
    socketIo: "Socket.IO on Node",
    scenario: "3",
  },
  {
    what: "a publish by HTTP",
    section: "Publishing messages",
    lane: "single",
    scenario: "5",
  },
  {
    what: "a publish in a batch of 64",
    section: "Publishing messages",
    lane: "batches of 64",
    scenario: "5",
  },
  {
    what: "opening a connection, with its token",
    section: "5,000 connections",
    lane: "v1",
    scenario: "6",
  },
  {
    what: "an idle connection",
    section: "10,000 idle connections",
    lane: "v1",
    socketIo: "Socket.IO on Node",
    column: "KB per connection",
    unit: "KB",
    scenario: "8",
  },
  {
    what: "publish to receive, 100 messages a second: p50",
    section: "Idle:",
    lane: "v1",
    column: "p50, ms",
    unit: "ms",
    scenario: "idle",
  },
  {
    what:
      "a publish through Redis to a subscriber at another gateway (both gateways and Redis)",
    section: "Redis: publishing to 32 channels",
    lane: "Redis",
    socketIo: "Socket.IO on Node, Redis Streams",
    scenario: "redis",
  },
  {
    what: "a delivery through Redis, 500 subscribers",
    section: "Redis: 500 subscribers",
    lane: "Redis",
    socketIo: "Socket.IO on Node, Redis Streams",
    scenario: "redis",
  },
  {
    what: "publish to receive across two gateways, 500 messages a second: p99",
    section: "Redis: publish to receive",
    lane: "Redis",
    socketIo: "Socket.IO on Node, Redis Streams",
    column: "p99, ms",
    unit: "ms",
    scenario: "redis",
  },
];

/** Returns the table of costs in docs/deploy.md. */
export function sizing(results: ResultsFile): string {
  return table(
    [
      "what",
      "Deno",
      "Bun",
      "Node",
      "Socket.IO",
      "a second",
      "`deno task bench`",
    ],
    COSTS.map(({ what, section, lane, socketIo, scenario, ...rest }) => {
      const { column = CPU, unit = "µs" } = rest;
      const cost = (row: string) => {
        const value = results.number(section, row, column);
        return value === undefined ? "" : `${precise(value)} ${unit}`;
      };
      const ours = RUNTIMES.map((runtime) =>
        `Tidings on ${TITLES[runtime]}, ${lane}`
      );
      const rate = results.number(section, ours.at(-1) ?? "", RATE);
      return [
        what,
        ...ours.map(cost),
        socketIo === undefined ? "" : cost(socketIo),
        count(rate),
        `\`${scenario}\``,
      ];
    }),
  );
}
