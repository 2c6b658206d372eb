import { formatRows } from "../tests/support/markdown.ts";
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

/** The heads and formats of the metrics. */
const METRICS: Readonly<
  Record<Metric, readonly [title: string, digits: number, divisor: number]>
> = {
  cpuUs: ["server CPU, µs", 2, 1],
  clientUs: ["client CPU, µs", 2, 1],
  perSecond: ["per second", 0, 1],
  p50Ms: ["p50, ms", 2, 1],
  p99Ms: ["p99, ms", 2, 1],
  bytes: ["KB per connection", 1, 1024],
  loadPercent: ["load generator, % of a core", 0, 1],
  countingPercent: ["metrics, % of the CPU", 3, 1],
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
    ...metrics.map((metric) => METRICS[metric][0]),
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

function write(metric: Metric, value: number): string {
  const [, digits, divisor] = METRICS[metric];
  return (value / divisor).toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
