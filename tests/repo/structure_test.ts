import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { circlesOf, type ImportGraph, importGraph } from "./imports.ts";
import { wrongWays } from "./rooms.ts";
import { isProduct, readSources } from "./sources.ts";

const MAX_LINES = 400;

const sources = readSources();
const graph = importGraph(sources);

/** Makes a graph of lines such as `a -> b c`. */
function graphOf(...lines: string[]): ImportGraph {
  return new Map(lines.map((line) => {
    const [file = "", targets = ""] = line.split(" -> ");
    return [file, targets === "" ? [] : targets.split(" ")];
  }));
}

describe("the source files", () => {
  it("import each other without a circle, types included", () => {
    assert(graph.size > 100);
    assertEquals(circlesOf(graph), []);
  });

  it("import only rooms of their own level and below", () => {
    assertEquals(wrongWays(graph), []);
  });

  it(`have at most ${MAX_LINES} lines each`, () => {
    const long = [...sources]
      .filter(([path]) => isProduct(path))
      .filter(([, source]) => source.trimEnd().split("\n").length > MAX_LINES)
      .map(([path]) => path);
    assertEquals(long, []);
  });
});

describe("importGraph()", () => {
  it("finds imports of values and types, re-exports and dynamic imports", () => {
    const source = `
import { b } from "./b.ts";
import type { c } from "../c.ts";
export { d } from './d.ts';
import "./e.ts";
type F = import("./f.ts").F;
const g = await import("./g.ts");
import { h } from "jose";
// import { i } from "./i.ts";
/** import { j } from "./j.ts"; */`;
    const names = ["a/b", "c", "a/d", "a/e", "a/f", "a/g", "a/i", "a/j"];
    const graph = importGraph(
      new Map([
        ["a/a.ts", source],
        ...names.map((name) => [`${name}.ts`, ""] as const),
      ]),
    );
    assertEquals(graph.get("a/a.ts"), [
      ...["a/b.ts", "a/d.ts", "a/e.ts", "a/f.ts", "a/g.ts", "c.ts"],
    ]);
  });
});

describe("circlesOf()", () => {
  it("finds none in a graph whose imports all point one way", () => {
    assertEquals(circlesOf(graphOf("a -> b c", "b -> c", "c -> d", "d")), []);
  });

  it("finds each circle, also two that share a way", () => {
    const graph = graphOf(
      "start -> a x",
      "a -> b",
      "b -> c a",
      "c -> a end",
      "x -> y a",
      "y -> x",
      "end",
    );
    assertEquals(circlesOf(graph), [["a", "b", "c"], ["x", "y"]]);
  });
});

describe("wrongWays()", () => {
  it("allows imports of lower rooms", () => {
    const allowed = graphOf(
      "mod.ts -> core/app/a.ts core/types/b.ts",
      "hooks.ts -> react/a.ts",
      "react/a.ts -> core/subscribe/b.ts react/b.ts",
      "server/a.ts -> core/protocol/b.ts server/b.ts",
      "core/publish/a.ts -> core/http/b.ts core/subscribe/b.ts",
      "bench/a.ts -> tests/support/b.ts core/b.ts",
      "tests/a.ts -> server/b.ts",
    );
    assertEquals(wrongWays(allowed), []);
  });

  for (
    const [file, target] of [
      ["core/a.ts", "server/b.ts"],
      ["core/types/a.ts", "core/channel/b.ts"],
      ["core/http/a.ts", "core/publish/b.ts"],
      ["core/protocol/a.ts", "core/names.ts"],
      ["middleware/a.ts", "react/b.ts"],
      ["ai/client/a.ts", "react/b.ts"],
      ["server/a.ts", "mod.ts"],
      ["server/a.ts", "tests/support/b.ts"],
      ["tests/a.ts", "bench/b.ts"],
    ] as const
  ) {
    it(`reports that ${file} imports ${target}`, () => {
      assertEquals(wrongWays(graphOf(`${file} -> ${target}`)), [
        `${file} imports ${target}`,
      ]);
    });
  }
});
