import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommands, Terminal } from "../support/process/terminal.ts";
import {
  parseWalkthrough,
  readWalkthrough,
  sectionOf,
  writeFiles,
} from "../support/walkthrough/walkthrough.ts";

const TEXT = `# Title

## One

\`\`\`sh
# a comment
npm install x
\`\`\`

\`\`\`ts
// app/a.ts
export const a = 1;
\`\`\`

### Below

\`\`\`html
<!-- index.html -->
<p>
\`\`\`

## Two

Text
`;

describe("a walkthrough", () => {
  it("has the files and commands of its section, below each heading in it", () => {
    assertEquals(parseWalkthrough(sectionOf(TEXT, "One")), {
      files: {
        "app/a.ts": "// app/a.ts\nexport const a = 1;\n",
        "index.html": "<!-- index.html -->\n<p>\n",
      },
      commands: ["# a comment\nnpm install x\n"],
    });
    assertEquals(sectionOf(TEXT, "Two").trim(), "Text");
  });

  it("is not read where its heading is missing, or a block names no file", () => {
    assertThrows(
      () => readWalkthrough("README.md", "None"),
      Error,
      'Cannot find a section: there is no heading "None"',
    );
    assertThrows(
      () => parseWalkthrough("```ts\nexport const a = 1;\n```\n"),
      Error,
      "Cannot read a block: it names no file",
    );
  });
});

describe("a terminal", () => {
  it("runs commands in a folder with files, and fails with their output", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "tidings-docs-"));
    await writeFiles({ files: { "a/b.ts": "// a/b.ts\n" }, commands: [] }, cwd);
    await runCommands('cp a/b.ts c\necho "$X" >> c', { cwd, env: { X: "1" } });
    assertEquals(await readFile(join(cwd, "c"), "utf8"), "// a/b.ts\n1\n");
    await assertRejects(
      () => runCommands("echo bad\nfalse\ntrue", { cwd }),
      Error,
      "its exit code is 1:\nbad",
    );
    await rm(cwd, { recursive: true });
  });

  it("waits for what a server prints, and stops it with all it started", async () => {
    await using server = new Terminal(
      "echo ready at 1\nsleep 600 & wait",
      { cwd: tmpdir() },
    );
    assertEquals(await server.prints(/ready at (\d)/), "1");
    await using other = new Terminal("echo over", { cwd: tmpdir() });
    await assertRejects(
      () => other.prints(/ready/),
      Error,
      "it ended without /ready/:\nover",
    );
  });
});
