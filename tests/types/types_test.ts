import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkTypes, type TypeProblem } from "../support/types/type_check.ts";
import { ROOT } from "../support/root.ts";

const FILES = [
  "builders.ts",
  "hooks.ts",
  "inngest.ts",
  "publishing.ts",
  "replies.ts",
  "subscribing.ts",
  "traces.ts",
]
  .map((file) => `tests/types/${file}`);

const MARK = /^( *)\/\/ @ts-expect-error.*$/gm;

/** Returns a program without its marks of expected errors. */
function unmarked(file: string): [path: string, text: string, marks: number] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const marks = text.match(MARK)?.length ?? 0;
  return [file.replace(/\.ts$/, "_unmarked.ts"), text.replace(MARK, ""), marks];
}

describe("the types of the module", () => {
  const variants = FILES.map(unmarked);
  // The compiler runs outside of the test, because it may need longer than a test's time limit.
  const problems = checkTypes({
    files: FILES,
    sources: Object.fromEntries(variants),
  });

  it("accept the programs next to this file, and refuse each line that they mark", () => {
    const marked = new Set(variants.map(([path]) => path));
    const isMarked = ({ file }: TypeProblem): boolean => marked.has(file);
    assertEquals(problems.filter((problem) => !isMarked(problem)), []);
    // Each marked line has its own error, so that no error hides another.
    assertEquals(
      variants.map(([path]) =>
        problems.filter(({ file }) => file === path).length
      ),
      variants.map(([, , marks]) => marks),
    );
  });
});
