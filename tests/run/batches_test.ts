import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { findTests } from "./files.ts";
import { dealOut } from "./lanes.ts";

describe("dealOut()", () => {
  it("deals files out in turn", () => {
    assertEquals(dealOut(["a", "b", "c", "d", "e"], 2), {
      beside: [["a", "c", "e"], ["b", "d"]],
      alone: [],
    });
  });

  it("needs no more lists than there are files", () => {
    assertEquals(dealOut(["a"], 4), { beside: [["a"]], alone: [] });
    assertEquals(dealOut([], 4), { beside: [], alone: [] });
  });

  it("leaves alone what loads the machine, and loses no file", () => {
    const files = findTests("tests", []);
    const { beside, alone } = dealOut(files, 3);
    assertEquals([...beside.flat(), ...alone].sort(), files);
    for (
      const file of [
        "tests/chaos/chaos_test.ts",
        "tests/fuzz/fuzz_test.ts",
        "tests/server/brokers/redis_faults_test.ts",
        "tests/server/brokers/redis_cluster_test.ts",
        "tests/server/brokers/redis_gateways_test.ts",
      ]
    ) {
      assertEquals(existsSync(file) && alone.includes(file), true, file);
    }
  });
});
