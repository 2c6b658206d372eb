import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { findTests, runsOnce, runtimeOf } from "./files.ts";

const RUNTIMES = ["deno", "bun", "node"];

describe("runtimeOf()", () => {
  it("spreads the tests that run once over the runtimes, always in the same way", () => {
    const files = findTests("tests/react", []);
    const chosen = files.map((file) => runtimeOf(file, RUNTIMES));
    assertEquals(new Set(chosen), new Set(RUNTIMES));
    assertEquals(files.map((file) => runtimeOf(file, RUNTIMES)), chosen);
  });

  it("gives the tests of the repository to the last runtime", () => {
    assertEquals(runtimeOf("tests/repo/house_test.ts", RUNTIMES), "node");
    assertEquals(runtimeOf("tests/docs/house_test.ts", ["bun"]), "bun");
  });
});

describe("runsOnce()", () => {
  it("lets tests of the gateway and of the client run everywhere", () => {
    for (const folder of ["tests/server", "tests/core", "tests/chaos"]) {
      const once = findTests(folder, []).filter(runsOnce)
        .filter((file) => !/[/]page[/]|[/]types_test.ts$/.test(file));
      assertEquals(once, []);
    }
  });
});
