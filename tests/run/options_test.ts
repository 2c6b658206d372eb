import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseOptions } from "./options.ts";

describe("parseOptions()", () => {
  it("runs everything everywhere by default", () => {
    assertEquals(parseOptions([]), {
      runtimes: ["deno", "bun", "node"],
      filters: [],
    });
  });

  it("takes runtimes and parts of paths", () => {
    assertEquals(
      parseOptions(["--runtime", "bun", "core/id", "--runtime=node"]),
      { runtimes: ["bun", "node"], filters: ["core/id"] },
    );
  });

  it("says what is wrong", () => {
    assertEquals(
      parseOptions(["--runtime", "perl"]),
      'Unknown runtime "perl": use deno, bun, node',
    );
    assertEquals(
      parseOptions(["--runtime"]),
      'Unknown runtime "": use deno, bun, node',
    );
    assertEquals(
      parseOptions(["--watch"]),
      'Unknown option "--watch": use --runtime or parts of file names',
    );
  });
});
