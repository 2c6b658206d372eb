/**
 * Writes the numbers of `bench/results.md` into the documents that quote them, between `<!-- bench: name -->` and `<!-- end -->`.
 *
 * ```sh
 * deno task bench:quotes
 * ```
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatRows } from "../tests/support/markdown.ts";
import { RUNTIMES, TITLES } from "../tests/support/process/programs.ts";
import { ROOT } from "../tests/support/root.ts";
import { ResultsFile } from "./results_file.ts";
import { costsOf, formatScale } from "./scale.ts";
import { bareName } from "./scenarios/lanes.ts";

/** The documents that quote results. */
export const DOCUMENTS = [
  "README.md",
  "docs/deploy.md",
  "docs/scale.md",
] as const;

const CPU = "server CPU, µs";
const RATE = "per second";

/** The quotes by their names. */
const QUOTES: Readonly<Record<string, (results: ResultsFile) => string>> = {
  "fan-out": fanOut,
  "own channels": ownChannels,
  sizing,
  scale: (results) => formatScale(costsOf(results)),
};

/** Returns a document with the numbers of a run. */
export function withQuotes(document: string, results: ResultsFile): string {
  return document.replaceAll(
    /(<!-- bench: (.+) -->\n)[^]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const quote = QUOTES[name];
      if (!quote) {
        throw new Error(`Cannot quote results: there is no quote "${name}"`);
      }
      return `${begin}\n${quote(results)}\n\n${end}`;
    },
  );
}

/** Returns the README's table of fan-out. */
function fanOut(results: ResultsFile): string {
  const section = "Fan-out: 1,000 subscribers, 8 publishers";
  return table(
    ["", "µs a delivery", "of Socket.IO's"],
    [
      ["Tidings on Bun", "Tidings on Bun, v1"],
      ["Tidings on Node", "Tidings on Node, v1"],
      ["Tidings on Deno", "Tidings on Deno, v1"],
      ["Centrifugo", "Centrifugo"],
      ["nats-server", "nats-server"],
      ["Socket.IO on Node", "Socket.IO on Node"],
      [
        "C, with the fewest system calls that can do this",
        "floor (C, one write a turn)",
      ],
    ].map(([label = "", row = ""]) => [
      label,
      fixed(results.number(section, row, CPU)),
      fixed(results.number(section, row, "x Socket.IO")),
    ]),
  );
}

/** Returns the README's table of channels with one subscriber each. */
function ownChannels(results: ResultsFile): string {
  const section = "10,000 channels of one subscriber each";
  const ours = (how: string, row: string) =>
    ["Bun", "Node", "Deno"].map((title) => [
      `Tidings on ${title}${how}`,
      `Tidings on ${title}, ${row}`,
    ]);
  return table(
    ["", "µs a message", "messages a second"],
    [
      ...ours(", our client", "our client"),
      ...ours("", "v1"),
      ...(["bun", "node", "deno"] as const).map((runtime) => [
        `bare WebSocket server on ${TITLES[runtime]}, without a log`,
        bareName(runtime),
      ]),
      ["Centrifugo", "Centrifugo"],
      ["Centrifugo, batches of 64", "Centrifugo, batches of 64"],
      ["nats-server", "nats-server"],
      ["Socket.IO on Node", "Socket.IO on Node"],
    ].map(([label = "", row = ""]) => [
      label,
      fixed(results.number(section, row, CPU)),
      count(results.number(section, row, RATE)),
    ]),
  );
}

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
function sizing(results: ResultsFile): string {
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

/** Formats a table. Rows that were not measured are left out. */
function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
): string {
  return formatRows([head, ...rows.filter(([, first]) => first !== "")]);
}

function fixed(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

/** Formats a number with the digits that are the same in the next run, too. */
function precise(value: number): string {
  return value < 1 ? value.toFixed(2) : String(Number(value.toPrecision(3)));
}

function count(value: number | undefined): string {
  return value === undefined
    ? ""
    : Number(value.toPrecision(2)).toLocaleString("en");
}

if (import.meta.main) {
  const results = new ResultsFile();
  for (const name of DOCUMENTS) {
    const path = join(ROOT, name);
    writeFileSync(path, withQuotes(readFileSync(path, "utf8"), results));
  }
}
