import { formatRows } from "../tests/support/markdown.ts";
import { BARE_DISK } from "./disks/disk.ts";
import { brokerName } from "./peers/brokers.ts";
import { jetStreamName } from "./peers/jetstream.ts";
import { centrifugo, socketIo } from "./peers/mod.ts";
import { BEFORE } from "./scenarios/lanes.ts";
import {
  medianOf,
  type Metric,
  ratioOf,
  ratioRange,
  type Result,
  type Section,
} from "./results.ts";

/** How a metric is written: its name, the unit and how many of the metric's own units that is, and the digits behind the point. */
const METRICS: Readonly<
  Record<
    Metric,
    readonly [name: string, unit: string, of: number, digits: number]
  >
> = {
  cpuUs: ["server CPU", "µs", 1, 2],
  clientUs: ["client CPU", "µs", 1, 2],
  perSecond: ["per second", "", 1, 0],
  p50Ms: ["p50", "ms", 1, 2],
  p99Ms: ["p99", "ms", 1, 2],
  bytes: ["KB per connection", "", 1024, 1],
  rss: ["RSS", "MiB", 2 ** 20, 0],
  rssOver: ["over the memory broker's", "MiB", 2 ** 20, 0],
  fileBytes: ["file bytes per message", "", 1, 0],
  loadPercent: ["load generator", "% of a core", 1, 0],
  countingPercent: ["metrics", "% of the CPU", 1, 3],
};

/** Formats a section as a Markdown table, with ratios of the first metric to other servers. */
export function formatSection({ title, metrics, results }: Section): string {
  const [first = "cpuUs"] = metrics;
  const references = REFERENCES.filter(({ of }) =>
    results.some((result) => of(results, result) !== undefined)
  );
  const rows = results.map((result) => [
    result.lane,
    ...metrics.map((metric) => {
      const value = medianOf(result, metric);
      return value === undefined ? "" : write(metric, value);
    }),
    ...references.map(({ of }) => {
      const other = of(results, result);
      if (!other) return "";
      const ratio = ratioOf(result, other, first);
      if (ratio === undefined) return "";
      const range = other.lane.endsWith(BEFORE)
        ? ratioRange(result, other, first)
        : undefined;
      return writeRatio(ratio) +
        (range ? ` (${range.map(writeRatio).join("–")})` : "");
    }),
  ]);
  const head = [
    "",
    ...metrics.map(headOf),
    ...references.map(({ title }) => title),
  ];
  return `### ${title}\n\n${formatRows([head, ...rows])}\n`;
}

/** The servers that the first metric is compared with. */
const REFERENCES: ReadonlyArray<{
  readonly title: string;
  of(results: readonly Result[], result: Result): Result | undefined;
}> = [
  {
    title: "x before",
    of: (results, { lane }) =>
      results.find((other) => other.lane === lane + BEFORE),
  },
  {
    title: "x bare",
    of: (results, { role, runtime }) =>
      role === "gateway"
        ? results.find((other) =>
          other.role === "bare" && other.runtime === runtime
        )
        : undefined,
  },
  {
    title: "x memory broker",
    of: (results, { runtime }) =>
      runtime &&
      results.find(({ lane }) => lane === brokerName(runtime, "memory broker")),
  },
  {
    title: "x bare disk",
    of: (results) => results.find(({ lane }) => lane === BARE_DISK),
  },
  {
    title: "x JetStream, always",
    of: (results) =>
      results.find(({ lane }) => lane === jetStreamName("always")),
  },
  {
    title: "x Socket.IO",
    of: (results) => results.find(({ lane }) => lane === socketIo.name),
  },
  {
    title: "x Centrifugo",
    of: (results) => results.find(({ lane }) => lane === centrifugo.name),
  },
  {
    title: "x floor",
    of: (results) => results.find(({ role }) => role === "floor"),
  },
];

/** Formats a ratio with three significant digits. */
export function writeRatio(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 1);
}

/** Returns the unit that tables have a metric in; empty where the number needs none. */
export function unitOf(metric: Metric): string {
  return METRICS[metric][1];
}

/** Returns a value of a metric in that unit. */
export function inUnit(metric: Metric, value: number): number {
  return value / METRICS[metric][2];
}

function headOf(metric: Metric): string {
  const [name, unit] = METRICS[metric];
  return unit === "" ? name : `${name}, ${unit}`;
}

function write(metric: Metric, value: number): string {
  const digits = METRICS[metric][3];
  return inUnit(metric, value).toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
