import { type RuntimeName, TITLES } from "../tests/support/process/programs.ts";
import { formatRows } from "../tests/support/markdown.ts";
import { medianOf, type Metric, ratioOf, type Section } from "./results.ts";
import { inUnit, unitOf, writeRatio } from "./table.ts";

/** A limit of a lane's value, or of its ratio to another lane. */
export interface Target {
  readonly section: string;
  readonly what: string;
  readonly metric: Metric;
  readonly runtimes: readonly RuntimeName[];
  readonly lane: (runtime: RuntimeName) => string;
  /**
   * The lane that it is compared with.
   *
   * @default {none: the limit is in the metric's unit}
   */
  readonly beside?: (runtime: RuntimeName) => string;
  /**
   * The other lane's section.
   *
   * @default {the lane's own section}
   */
  readonly besideSection?: string;
  /**
   * A lane of both sections whose own ratio divides this one: the limit is for what exceeds it.
   *
   * @default {none}
   */
  readonly exceeds?: string;
  readonly limit: Limit;
}

/** The largest value that meets a target, or the smallest. */
export type Limit = { readonly most: number } | { readonly least: number };

/** Formats the targets that were measured as a Markdown table; empty when none was. */
export function formatTargets(
  targets: readonly Target[],
  sections: readonly Section[],
): string {
  const rows = targets.flatMap((target) =>
    target.runtimes.flatMap((runtime) => {
      const value = valueOf(target, sections, runtime);
      if (value === undefined) return [];
      const { limit, beside } = target;
      const [sign, bound] = "most" in limit
        ? ["<=", limit.most]
        : [">=", limit.least];
      const isMet = "most" in limit ? value <= bound : value >= bound;
      const unit = beside ? "" : ` ${unitOf(target.metric)}`;
      return [[
        target.what,
        TITLES[runtime],
        writeRatio(value) + unit,
        `${sign} ${writeRatio(bound)}${unit}`,
        isMet ? "met" : "MISSED",
      ]];
    })
  );
  if (rows.length === 0) return "";
  return `### Targets\n\n${
    formatRows([["", "on", "ratio", "target", ""], ...rows])
  }\n`;
}

/** Returns the measured value or ratio; `undefined` where it was not measured. */
function valueOf(
  target: Target,
  sections: readonly Section[],
  runtime: RuntimeName,
): number | undefined {
  const { section, metric, besideSection = section, exceeds } = target;
  const find = (section: string, name: string) =>
    sections.find(({ id }) => id === section)?.results
      .find(({ lane }) => lane === name);
  const ratio = (name: string, besideName: string) => {
    const lane = find(section, name);
    const beside = find(besideSection, besideName);
    return lane && beside && ratioOf(lane, beside, metric);
  };
  const name = target.lane(runtime);
  if (!target.beside) {
    const lane = find(section, name);
    const value = lane && medianOf(lane, metric);
    return value === undefined ? undefined : inUnit(metric, value);
  }
  const value = ratio(name, target.beside(runtime));
  if (exceeds === undefined || value === undefined) return value;
  const expected = ratio(exceeds, exceeds);
  return expected && value / expected;
}
