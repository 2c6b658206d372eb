import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { FAULTS } from "../chaos/faults/mod.ts";

const text = readFileSync(
  new URL("../../docs/security.md", import.meta.url),
  "utf8",
);

/** The defences that the checklist for gateways has. */
const DEFENCES = 23;

/** The rows of the document's tables: number, defence, test. */
const rows = [...text.matchAll(/^\|(.*)\|(.*)\|(.*)\|$/gm)]
  .map(([, ...cells]) => cells.map((cell) => cell.trim()))
  .filter(([, defence = ""]) => defence !== "defence" && !/^-+$/.test(defence));

describe("docs/security.md", () => {
  it("has a row for each defence", () => {
    const numbers = rows.flatMap(([number]) => number ? [Number(number)] : []);
    assertEquals(
      numbers,
      Array.from({ length: DEFENCES }, (_, i) => i + 1),
    );
  });

  it("names a test in each row, or says why there is none", () => {
    for (const [, defence = "", test = ""] of rows) {
      const isNamed = /`[\w/]+_test\.ts`|\bchaos \d/.test(test);
      const isReason = /^none here/.test(test) && defence.length > 80;
      assert(isNamed || isReason, defence);
    }
  });

  it("names faults that exist", () => {
    const known = FAULTS.map(({ number }) => number);
    const named = [...text.matchAll(/\bchaos ((?:\d+, )*\d+)/g)]
      .flatMap(([, list = ""]) => list.split(", "));
    assert(named.length > 0);
    assertEquals(named.filter((number) => !known.includes(number)), []);
  });
});
