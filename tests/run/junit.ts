/** How many tests a runtime ran, by result. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One test as a report names it. */
export interface TestCase {
  /** Groups and the test, outermost first, joined by ` > `. */
  readonly name: string;
  readonly result: keyof Counts;
  /** Why it failed, as far as the report says so in a word. */
  readonly reason?: string;
}

/** How a report shows groups: as suites around their tests, or as tests. */
export type GroupStyle = "suites" | "cases";

const TAG = /<(\/?)([\w-]+)((?:\s+[\w:.-]+="[^"]*")*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w:.-]+)="([^"]*)"/g;

/**
 * Reads the tests of a JUnit report.
 *
 * Deno lists a group next to its tests, with their names behind the group's
 * own. A group is no test: it counts only where it failed itself, that is where
 * it failed and nothing in it did, as when a hook threw or something was left
 * open.
 */
export function readReport(xml: string, groups: GroupStyle): TestCase[] {
  const cases = readCases(xml);
  return groups === "suites" ? cases : withoutGroups(cases);
}

/** Adds up the results of the tests. */
export function countTests(cases: readonly TestCase[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { result } of cases) counts[result]++;
  return counts;
}

function readCases(xml: string): TestCase[] {
  const cases: TestCase[] = [];
  const suites: string[] = [];
  let open:
    | { name: string; result: keyof Counts; reason?: string }
    | undefined;

  for (const [, closing, tag, rest = "", empty] of xml.matchAll(TAG)) {
    const found = attributes(rest);
    const name = found.get("name") ?? "";
    if (tag === "testsuite") {
      if (closing) suites.pop();
      else if (!empty) suites.push(name);
    } else if (tag === "testcase") {
      if (!closing) {
        const path = [...suites, name].join(" > ");
        open = { name: path, result: "passed" };
        cases.push(open);
      }
      if (closing || empty) open = undefined;
    } else if (open !== undefined && !closing) {
      if (tag === "failure" || tag === "error") {
        open.result = "failed";
        open.reason ??= found.get("message");
      } else if (tag === "skipped") open.result = "skipped";
    }
  }
  return cases;
}

function withoutGroups(cases: readonly TestCase[]): TestCase[] {
  const withChildren = new Set<string>();
  const withFailures = new Set<string>();
  for (const { name, result } of cases) {
    for (const group of groupsAround(name)) {
      withChildren.add(group);
      if (result === "failed") withFailures.add(group);
    }
  }
  return cases.filter(({ name, result }) =>
    !withChildren.has(name) || (result === "failed" && !withFailures.has(name))
  );
}

function groupsAround(name: string): string[] {
  const parts = name.split(" > ");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(" > "));
}

function attributes(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(ATTRIBUTE)) {
    found.set(name, unescape(value));
  }
  return found;
}

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex, decimal, name) => {
      if (hex) return String.fromCodePoint(parseInt(hex, 16));
      if (decimal) return String.fromCodePoint(parseInt(decimal, 10));
      return ENTITIES[name] ?? whole;
    },
  );
}
