import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tests/support/root.ts";
import { DOCUMENTS, withQuotes } from "./quotes.ts";
import { ResultsFile } from "../results_file.ts";

/** Removes what the formatter decides: the widths of columns, and where lines of prose end. */
function squeeze(markdown: string): string {
  return markdown.replaceAll(/-+:?/g, "-").replaceAll(/\s+/g, " ");
}

describe("the documents", () => {
  const results = new ResultsFile();

  for (const name of DOCUMENTS) {
    it(`quote bench/results.md; deno task bench:quotes writes ${name}`, () => {
      const text = readFileSync(join(ROOT, name), "utf8");
      assert(text.includes("<!-- bench: "));
      assertEquals(squeeze(text), squeeze(withQuotes(text, results)));
    });
  }

  it("are noticed when they quote another number", () => {
    const text = readFileSync(join(ROOT, "README.md"), "utf8");
    const changed = text.replace(/(<!-- bench: [^]*?\d)\.(\d)/, "$1.9$2");
    assert(changed !== text);
    assert(squeeze(changed) !== squeeze(withQuotes(changed, results)));
  });
});

describe("withQuotes()", () => {
  const section = "### Fan-out: 1,000 subscribers, 8 publishers at once\n\n" +
    "|  | server CPU, µs | x Centrifugo |\n| --- | --: | --: |\n" +
    "| Tidings on Bun, v1 | 1,441.50 | 0.08 |\n";
  const results = new ResultsFile(`# Results\n\n${section}`);

  it("replaces a table by the numbers of a run, and leaves out rows that were not measured", () => {
    const before =
      "One\n\n<!-- bench: fan-out -->\n\n| old |\n\n<!-- end -->\n";
    assertEquals(
      squeeze(withQuotes(before, results)),
      "One <!- bench: fan-out -> | µs a delivery | 8 publishers | of Centrifugo's | 1 publisher | of Centrifugo's | " +
        "| - | - | - | - | - | | Tidings on Bun | 1441.50 | 0.08 | | | <!- end -> ",
    );
  });

  it("leaves a quote as it is where nothing of it was measured", () => {
    const before = "<!-- bench: admin -->\n\n| old |\n\n<!-- end -->\n";
    assertEquals(withQuotes(before, results), before);
  });

  it("writes what a durable publish costs on each runtime, and the brokers beside each other", () => {
    const results = new ResultsFile(
      "\n### Durable, this machine's disk: 256 callers of one channel\n\n" +
        "|  | per second | server CPU, µs |\n| --- | --: | --: |\n" +
        ["Deno", "Bun", "Node"].map((title, i) =>
          `| Tidings on ${title}, SQLite | 2${i},123 | 3${i}.50 |\n`
        ).join("") + "| JetStream | 30,500 | 8.10 |\n",
    );
    const quote = (name: string) =>
      squeeze(withQuotes(`<!-- bench: ${name} -->\n<!-- end -->`, results));
    assertEquals(
      quote("sqlite"),
      "<!- bench: sqlite -> | | Deno | Bun | Node | | - | - | - | - | " +
        "| publishes/s, 256 at once | 20,000 | 21,000 | 22,000 | " +
        "| CPU a publish, µs, 256 at once | 30.5 | 31.5 | 32.5 | <!- end ->",
    );
    assertEquals(
      quote("brokers"),
      "<!- bench: brokers -> | | publishes/s, 256 at once | one by one | " +
        "CPU a publish, µs | RSS, MiB | | - | - | - | - | - | " +
        "| SQLite | 22,000 | | 32.5 | | | JetStream | 31,000 | | 8.1 | | <!- end ->",
    );
  });

  it("fails at a name that is unknown", () => {
    assertThrows(
      () => withQuotes("<!-- bench: none -->\n<!-- end -->", results),
      Error,
      'there is no quote "none"',
    );
  });
});
