import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { isErrorCode, RealtimeError } from "../../core/protocol/errors.ts";
import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import { closeOf } from "../../server/wire/close_code.ts";
import { ERROR_CODES } from "../support/error_codes.ts";

/** The close code of every error that has none of its own. */
const MALFORMED = 4400;

function read(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

/** Returns the cells of the table below a heading, without its head. */
function tableBelow(text: string, heading: string): string[][] {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  const rows = own.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** Returns the close codes of the table below "Close codes", which may name several in a row. */
function closeCodesOf(text: string): number[] {
  return tableBelow(text, "Close codes")
    .flatMap(([codes = ""]) => codes.split(", ").map(Number))
    .sort();
}

/** Returns where the document about errors differs from the code. */
function problemsOf(text: string): string[] {
  const problems: string[] = [];
  const documented = new Set<string>();
  const closeCodes = closeCodesOf(text);
  for (const row of tableBelow(text, "Codes")) {
    const [quoted = "", status = "", close = "", meaning, advice] = row;
    const code = quoted.replaceAll("`", "");
    if (documented.has(code)) problems.push(`${code} has two rows`);
    documented.add(code);
    if (!isErrorCode(code)) {
      problems.push(`${code} is no code`);
      continue;
    }
    if (status !== String(STATUS_OF_CODE[code] ?? "")) {
      problems.push(`${code} has another status`);
    }
    const { code: own } = closeOf(new RealtimeError(code, ""));
    const isSent = close !== "" || own !== MALFORMED;
    if (isSent && close !== String(own)) {
      problems.push(`${code} has another close code`);
    }
    if (isSent && !closeCodes.includes(own)) {
      problems.push(`the close code ${own} has no row`);
    }
    if (!meaning || !advice) problems.push(`${code} is not explained`);
  }
  for (const code of ERROR_CODES) {
    if (!documented.has(code)) problems.push(`${code} has no row`);
  }
  const wire = closeCodesOf(read("protocol.md"));
  if (String(wire) !== String(closeCodes)) {
    problems.push("protocol.md has other close codes");
  }
  return problems;
}

describe("docs/errors.md", () => {
  const text = read("errors.md");

  it("has every code, status and close code", () => {
    assertEquals(problemsOf(text), []);
    assert(tableBelow(text, "Codes").length === ERROR_CODES.length);
  });

  it("is checked: a change of any cell, and a missing row, are found", () => {
    const changes: ReadonlyArray<readonly [string | RegExp, string, string]> = [
      [/^.*`unreachable` +\|.*\n/m, "", "unreachable has no row"],
      ["| `conflict` ", "| `konflikt` ", "konflikt is no code"],
      ["| `conflict` ", "| `forbidden`", "forbidden has two rows"],
      [/(`conflict` +\| )409/, "$1410", "conflict has another status"],
      [/(`network` +\| ) {3}/, "$1503", "network has another status"],
      [/(`too_slow` .*)4408/, "$14409", "too_slow has another close code"],
      [/(`too_slow` .*)4408/, "$1    ", "too_slow has another close code"],
      [/^\| 4408 .*\n/m, "", "the close code 4408 has no row"],
      [/^\| 1008 .*\n/m, "", "protocol.md has other close codes"],
    ];
    for (const [from, to, problem] of changes) {
      const changed = text.replace(from, to);
      assertNotEquals(changed, text);
      const problems = problemsOf(changed);
      assert(problems.includes(problem), `${problem}: ${problems}`);
    }
  });
});
