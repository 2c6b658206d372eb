import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/root.ts";

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Returns the first groups of all matches. */
function allOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = ""]) => group);
}

describe("docs/operations.md", () => {
  const text = read("docs/operations.md");

  it("says of each alert what it means and what to do", () => {
    const alerts = allOf(read("deploy/alerts.yml"), /^ *- alert: (\w+)$/gm);
    assert(alerts.length > 0);
    const rows = allOf(text, /^\| `(Tidings\w+)` +\| \S[^|]+ \| \S[^|]+\|$/gm);
    assertEquals(rows, alerts);
  });

  it("names only metrics that there are", () => {
    const metrics = allOf(read("docs/deploy.md"), /^\| `(\w+)` +\| \w+ /gm);
    const named = allOf(text, /`((?:tidings|process)_\w+)`/g);
    assert(named.length > 5);
    assertEquals(named.filter((name) => !metrics.includes(name)), []);
  });

  it("quotes the log of a drain as the gateway writes it", () => {
    const sentences = read("server/events/sentences.ts");
    for (const [event, ending] of [["stopping", " 1"], ["drained", " 0"]]) {
      const [sentence = ""] = allOf(
        sentences,
        new RegExp(`"${event}":\\s*"(.+) \\{connections\\}"`, "g"),
      );
      assert(text.includes(`${event?.padEnd(11)} ${sentence}${ending}`), event);
    }
  });
});
