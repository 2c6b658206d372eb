import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isProduct, readSources } from "./sources.ts";

/** The packages that adapters are for, and the only file that may import each. */
const PEERS: Readonly<Record<string, string>> = {
  "@mastra/core": "ai/adapters/mastra.ts",
  "@tanstack/ai": "ai/adapters/tanstack_ai.ts",
  "assistant-stream": "ai/adapters/assistant_ui.ts",
};

/** Returns the product's files that import a package, with the examples in comments left out. */
function importersOf(name: string): string[] {
  const pattern = new RegExp(`^(?! \\*).*(from |import\\()"${name}[/"]`, "m");
  return [...readSources()]
    .filter(([path, source]) => isProduct(path) && pattern.test(source))
    .map(([path]) => path);
}

describe("the packages that adapters are for", () => {
  for (const [name, adapter] of Object.entries(PEERS)) {
    it(`are imported by their adapter only: ${name}`, () => {
      assertEquals(importersOf(name), [adapter]);
    });
  }
});

describe("the adapters", () => {
  for (const path of Object.values(PEERS)) {
    it(`have fewer than 100 lines: ${path}`, () => {
      const lines = readSources().get(path)?.trimEnd().split("\n").length;
      assertEquals(Number(lines) < 100, true);
    });
  }
});
