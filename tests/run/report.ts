import type { RuntimeName } from "../support/process/programs.ts";

/** One test of a report. */
export interface TestCase {
  /** The names of its groups and its own. */
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  /** The message of the failure, where the report has one. */
  readonly reason?: string;
}

const ATTRIBUTES = String.raw`((?:\s+[\w:.-]+="[^"]*")*)\s*`;
const TEST_CASE = new RegExp(
  String.raw`<testcase${ATTRIBUTES}(?:/>|>([^]*?)</testcase>)`,
  "g",
);
const FAILURE = new RegExp(`<(?:failure|error)${ATTRIBUTES}`);

/**
 * Reads the tests from a runtime's JUnit report.
 *
 * Deno reports a group as one more test, before the tests in it, whose names begin with the group's name. Such a group counts only when
 * it failed and none of its tests did: then a hook threw, or a sanitizer found a leak.
 */
export function readReport(xml: string, runtime: RuntimeName): TestCase[] {
  const cases = Array.from(
    xml.matchAll(TEST_CASE),
    ([, attributes = "", body = ""]): TestCase => {
      const name = attributeOf(attributes, "name");
      const groups = attributeOf(attributes, "classname");
      return {
        name: runtime === "deno" ? name : `${groups} > ${name}`,
        ...resultOf(body),
      };
    },
  );
  return runtime === "deno" ? withoutGroups(cases) : cases;
}

function resultOf(body: string): Pick<TestCase, "result" | "reason"> {
  const failure = FAILURE.exec(body);
  if (failure) {
    const message = attributeOf(failure[1] ?? "", "message");
    // Deno lists the leaks that it found in the body only.
    const leaks = textOf(body).match(/^ +- .+$/gm) ?? [];
    const reason = message === "Leaks detected"
      ? [message, ...leaks].join("\n")
      : message;
    return { result: "failed", ...(reason === "" ? {} : { reason }) };
  }
  return { result: body.includes("<skipped") ? "skipped" : "passed" };
}

function withoutGroups(cases: readonly TestCase[]): TestCase[] {
  const groups = new Set<string>();
  const explained = new Set<string>();
  for (const { name, result } of cases) {
    const parts = name.split(" > ");
    for (let length = 1; length < parts.length; length++) {
      const group = parts.slice(0, length).join(" > ");
      groups.add(group);
      if (result === "failed") explained.add(group);
    }
  }
  return cases.filter(({ name, result }) =>
    !groups.has(name) || (result === "failed" && !explained.has(name))
  );
}

function attributeOf(text: string, name: string): string {
  const [, value = ""] = new RegExp(`\\s${name}="([^"]*)"`).exec(text) ?? [];
  return textOf(value);
}

/** Returns the text that a text of XML stands for. */
function textOf(xml: string): string {
  return xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&apos;", "'")
    .replaceAll("&#10;", "\n").replaceAll("&amp;", "&");
}
