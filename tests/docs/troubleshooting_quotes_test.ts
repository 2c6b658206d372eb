import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "../run/files.ts";
import { ROOT } from "../support/root.ts";
import { sectionOf } from "../support/walkthrough/walkthrough.ts";

/** Returns the parts of messages that the table of statuses quotes. */
function quotesIn(document: string): string[] {
  const rows = sectionOf(document, "An HTTP status").split("\n")
    .filter((line) => /^\| \d/.test(line));
  return rows.flatMap((row) => {
    const [, , quotes = ""] = row.split("|");
    return [...quotes.matchAll(/"([^"]+)"/g)].map(([, quote = ""]) => quote);
  });
}

describe("docs/troubleshooting.md", () => {
  const document = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");

  it("names the page's field as the page does", () => {
    const page = readFileSync(
      join(ROOT, "server/page/client/index.html"),
      "utf8",
    );
    const [, field = ""] = /has a field\s+\*\*(.+?)\*\*/.exec(document) ?? [];
    assert(page.includes(`<h2>${field}</h2>`), field);
  });

  it("quotes messages as the sources have them", () => {
    const sources = ["core", "server"]
      .flatMap((folder) => filesOf(join(ROOT, folder)))
      .filter((path) => path.endsWith(".ts"))
      .map((path) => readFileSync(path, "utf8"));
    const quotes = quotesIn(document);
    assert(quotes.length > 10);
    const unknown = quotes.filter((quote) =>
      !sources.some((source) => source.includes(quote))
    );
    assertEquals(unknown, []);
  });
});
