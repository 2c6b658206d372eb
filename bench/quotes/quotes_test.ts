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
    "|  | server CPU, µs | x Socket.IO |\n| --- | --: | --: |\n" +
    "| Tidings on Bun, v1 | 1,441.50 | 0.08 |\n";
  const results = new ResultsFile(`# Results\n\n${section}`);

  it("replaces a table by the numbers of a run, and leaves out rows that were not measured", () => {
    const before =
      "One\n\n<!-- bench: fan-out -->\n\n| old |\n\n<!-- end -->\n";
    assertEquals(
      squeeze(withQuotes(before, results)),
      "One <!- bench: fan-out -> |  | µs a delivery | of Socket.IO's |"
        .replaceAll(/ +/g, " ") +
        " | - | - | - | | Tidings on Bun | 1441.50 | 0.08 | <!- end -> ",
    );
  });

  it("leaves a quote as it is where nothing of it was measured", () => {
    const before = "<!-- bench: admin -->\n\n| old |\n\n<!-- end -->\n";
    assertEquals(withQuotes(before, results), before);
  });

  it("fails at a name that is unknown", () => {
    assertThrows(
      () => withQuotes("<!-- bench: none -->\n<!-- end -->", results),
      Error,
      'there is no quote "none"',
    );
  });
});
