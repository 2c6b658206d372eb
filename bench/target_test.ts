import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Result, Section } from "./results.ts";
import { formatTargets, type Target } from "./target.ts";

function resultOf(lane: string, cpuUs: number): Result {
  return { lane, role: "gateway", runtime: "bun", samples: [{ cpuUs }] };
}

function sectionOf(id: string, costs: Record<string, number>): Section {
  const results = Object.entries(costs).map((cost) => resultOf(...cost));
  return { id, title: id, metrics: ["cpuUs"], results };
}

const SECTIONS = [
  sectionOf("few", { ours: 2, floor: 1 }),
  sectionOf("many", { ours: 5, floor: 2 }),
];

const TARGET: Target = {
  section: "many",
  what: "CPU",
  metric: "cpuUs",
  runtimes: ["bun"],
  lane: () => "ours",
  limit: { most: 2.6 },
};

/** Returns the cells of a target's row: the value, the limit, and whether it was met. */
function rowOf(target: Target): string[] {
  const rows = formatTargets([target], SECTIONS).trim().split("\n");
  return (rows.at(-1) ?? "").split("|").slice(3, -1).map((cell) => cell.trim());
}

describe("A target", () => {
  it("limits a value", () => {
    assertEquals(rowOf(TARGET), ["5.00 µs", "<= 2.60 µs", "MISSED"]);
  });

  it("limits a ratio, from above or from below", () => {
    const ratio = { ...TARGET, beside: () => "floor" };
    assertEquals(rowOf(ratio), ["2.50", "<= 2.60", "met"]);
    const least = { ...ratio, limit: { least: 2.6 } };
    assertEquals(rowOf(least), ["2.50", ">= 2.60", "MISSED"]);
  });

  it("limits how much a ratio exceeds that of another lane in the same sections", () => {
    const growth = {
      ...TARGET,
      beside: () => "ours",
      besideSection: "few",
      limit: { most: 1.15 },
    };
    assertEquals(rowOf(growth), ["2.50", "<= 1.15", "MISSED"]);
    assertEquals(rowOf({ ...growth, exceeds: "floor" }), [
      "1.25",
      "<= 1.15",
      "MISSED",
    ]);
  });

  it("has no row where a lane was not measured", () => {
    assertEquals(formatTargets([{ ...TARGET, section: "9" }], SECTIONS), "");
    const beside = { ...TARGET, beside: () => "another" };
    assertEquals(formatTargets([beside], SECTIONS), "");
  });
});
