import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The paths of the documents, from the root. */
const documents = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
  "bench/README.md",
  ...markdownIn("docs"),
  ...markdownIn("examples"),
];

/** Returns the paths of the Markdown files in a folder and below it, from the root. */
function markdownIn(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true }).map(
    String,
  );
  return names.filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Removes blocks of code, which may look like headings or links. */
function proseOf(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  );
}

/** Returns the links of a document that lead nowhere. */
function brokenLinks(path: string, text: string): string[] {
  const links = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^\w+:/.test(link));
  return links.filter((link) => {
    const [file, anchor] = link.split("#");
    const target = file ? join(dirname(path), file) : path;
    if (!existsSync(join(root, target))) return true;
    if (anchor === undefined) return false;
    return !anchorsOf(file ? read(target) : text).includes(anchor);
  });
}

/** Returns the source files that a document names and that don't exist: from the root, below `tests/` or beside the document. */
function missingFiles(path: string, text: string): string[] {
  const names = [...text.matchAll(/`([\w./@-]+\/[\w.@-]+\.(?:ts|tsx|conf))`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith("app/"));
  const folders = ["", "tests", dirname(path)];
  return names.filter((name) =>
    !folders.some((folder) => existsSync(join(root, folder, name)))
  );
}

describe("the documents", () => {
  for (const path of documents) {
    it(`link only to what exists: ${path}`, () => {
      assertEquals(brokenLinks(path, read(path)), []);
    });

    it(`name only source files that exist: ${path}`, () => {
      assertEquals(missingFiles(path, read(path)), []);
    });
  }
});

describe("the examples", () => {
  const folders = readdirSync(join(root, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name);

  it("each have a document, which the list of examples links to", () => {
    const list = read("examples/README.md");
    const links = [...list.matchAll(/\]\(([\w-]+)\/README\.md\)/g)];
    assertEquals(
      links.map(([, name]) => name).toSorted(),
      folders.toSorted(),
    );
  });
});

describe("the checks of documents", () => {
  it("find a link to a missing file or heading", () => {
    const text = "# One\n[a](#one) [b](#two) [c](README.md#tidings) " +
      "[d](README.md#none) [e](none.md) [f](https://example.com/none)";
    assertEquals(brokenLinks("SECURITY.md", text), [
      "#two",
      "README.md#none",
      "none.md",
    ]);
  });

  it("find a missing source file", () => {
    const text = "`core/none.ts` `mod.ts` `repo/documents_test.ts` `core/`";
    assertEquals(missingFiles("SECURITY.md", text), ["core/none.ts"]);
  });
});
