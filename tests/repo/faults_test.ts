import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { FAULTS } from "../chaos/faults/mod.ts";
import { REDIS_FAULTS } from "../chaos/faults/redis/mod.ts";
import { SQLITE_FAULTS } from "../chaos/faults/sqlite/mod.ts";

const text = readFileSync(
  new URL("../../docs/guarantees.md", import.meta.url),
  "utf8",
);

/** The faults of each column of the catalogue. */
const COLUMNS = [FAULTS, SQLITE_FAULTS, REDIS_FAULTS];

/** The rows of the catalogue: number, title, and a cell for each broker. */
const rows = [...text.matchAll(/^\| +(\d+) \|(.*)\|$/gm)].map(
  ([, number = "", rest = ""]) => [
    number,
    ...rest.split("|").map((cell) => cell.trim()),
  ],
);

describe("the catalogue of faults in docs/guarantees.md", () => {
  it("has each fault, and the brokers that it runs against", () => {
    const brokersOf = rows.map(([number, , ...cells]) => [
      number,
      ...cells.map((cell) => cell !== "–"),
    ]);
    const numbers = new Set(COLUMNS.flat().map(({ number }) => number));
    const expected = [...numbers].sort((a, b) => Number(a) - Number(b))
      .map((number) => [
        number,
        ...COLUMNS.map((faults) =>
          faults.some((fault) => fault.number === number)
        ),
      ]);
    assertEquals(brokersOf, expected);
  });

  it("has the title of each fault", () => {
    const titles = COLUMNS.flat().map(({ title }) => title);
    assertEquals(rows.filter(([, title = ""]) => !titles.includes(title)), []);
  });
});
