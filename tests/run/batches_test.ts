import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { makeBatches } from "./batches.ts";
import { findTests } from "./files.ts";

describe("makeBatches()", () => {
  it("makes smaller and smaller batches", () => {
    assertEquals(makeBatches(["a", "b", "c", "d", "e", "f"], 2), {
      beside: [["a", "b"], ["c"], ["d"], ["e"], ["f"]],
      quiet: [],
      alone: [],
    });
    assertEquals(makeBatches([], 4), { beside: [], quiet: [], alone: [] });
  });

  it("begins with the files that run once, one by one", () => {
    const files = ["a", "b", "tests/docs/x_test.ts", "tests/repo/y_test.ts"];
    assertEquals(makeBatches(files, 1).beside, [
      ["tests/docs/x_test.ts"],
      ["tests/repo/y_test.ts"],
      ["a"],
      ["b"],
    ]);
  });

  it("keeps apart what loads the machine from what bounds times, and loses no file", () => {
    const files = findTests("tests", []);
    const { beside, quiet, alone } = makeBatches(files, 3);
    assertEquals(
      [...beside.flat(), ...quiet.flat(), ...alone].sort(),
      files,
    );
    assertEquals(quiet, [
      ["tests/server/brokers/redis_cluster_test.ts"],
      ["tests/server/brokers/redis_faults_test.ts"],
      ["tests/server/brokers/redis_gateways_test.ts"],
    ]);
    for (
      const file of ["tests/chaos/chaos_test.ts", "tests/fuzz/fuzz_test.ts"]
    ) {
      assertEquals(existsSync(file) && alone.includes(file), true, file);
    }
  });
});
