import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkTypes } from "../support/types/type_check.ts";
import { ROOT } from "../support/root.ts";

const FOLDER = "tests/data/readme_app";

/** Returns the samples of a text by their files. The first line of a sample may name its file. */
function samplesOf(text: string): Record<string, string> {
  const blocks = [...text.matchAll(/^```tsx?\n([^]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, source = ""], i) => {
    const [, name = `sample${i}.ts`] = /^\/\/ (\w+\.tsx?)\n/.exec(source) ?? [];
    return [`${FOLDER}/${name}`, source];
  }));
}

const readme = readFileSync(join(ROOT, "README.md"), "utf8");

describe("the samples of the README", () => {
  it("compile", () => {
    const sources = samplesOf(readme);
    assert(Object.keys(sources).length > 0);
    assertEquals(checkTypes({ sources }), []);
  });

  it("are type-checked together", () => {
    const sources = samplesOf(`
\`\`\`ts
// one.ts
export const one: string = "";
\`\`\`
\`\`\`ts
import { channel } from "@tidings/realtime";
import { one } from "./one.ts";
channel(one.nothing);
\`\`\`
`);
    assertEquals(
      checkTypes({ sources }).map(({ file, line, code }) => [file, line, code]),
      [[`${FOLDER}/sample1.ts`, 3, 2339]],
    );
  });
});
