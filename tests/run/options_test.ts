import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseOptions } from "./options.ts";

describe("parseOptions()", () => {
  it("runs all files on all runtimes by default", () => {
    assertEquals(parseOptions([]), {
      runtimes: ["deno", "bun", "node"],
      filters: [],
      all: false,
    });
  });

  it("takes runtimes and parts of paths", () => {
    assertEquals(
      parseOptions(["--runtime", "bun", "core/id", "--runtime=node"]),
      { runtimes: ["bun", "node"], filters: ["core/id"], all: false },
    );
  });

  it("takes that every test runs on every runtime", () => {
    const options = parseOptions(["--all"]);
    assertEquals(typeof options === "object" && options.all, true);
  });

  it("says what is wrong", () => {
    assertEquals(
      parseOptions(["--runtime", "perl"]),
      'Unknown runtime "perl": use deno, bun, node or all',
    );
    assert(typeof parseOptions(["--watch"]) === "string");
    assert(typeof parseOptions(["--runtime"]) === "string");
  });
});
