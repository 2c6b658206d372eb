import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf } from "../run/files.ts";
import { unpackedTarball } from "../support/package/tarball.ts";
import { ROOT } from "../support/root.ts";

/** The names that files of the package may have. */
const EXPECTED = [
  /^(?:README\.md|LICENSE|CHANGELOG\.md|package\.json|absent\.d\.ts)$/,
  /^bin\/tidings\.js$/,
  /^(?:mod|hooks|middleware|ai)\.(?:js|d\.ts)$/,
  /^(?:core|react|middleware|server|ai)\/.*\.(?:js|d\.ts)$/,
  /^server\/page\/client\/(?:[a-z]+\/)?[\w.]+\.(?:js|css|html|svg)$/,
];

/** Text that only the machine that packs knows, or that points to its files. */
const FOREIGN = [
  ROOT,
  join(tmpdir(), "tidings-"),
  homedir(),
  "sourceMappingURL",
];

/** Returns the files of texts that contain something of the machine that packs. */
function foreignIn(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].filter(([, text]) =>
    FOREIGN.some((part) => text.includes(part))
  ).map(([path]) => path);
}

describe("the tarball", () => {
  /** Returns the texts of the package's files by their paths. */
  async function texts(): Promise<Map<string, string>> {
    const folder = await unpackedTarball();
    return new Map(
      filesOf(folder).map((path) => [
        path.slice(folder.length + 1),
        readFileSync(path, "utf8"),
      ]),
    );
  }

  async function manifest() {
    return JSON.parse((await texts()).get("package.json") ?? "");
  }

  it("has compiled files, documents and the page, and nothing else", async () => {
    const paths = [...(await texts()).keys()];
    const others = paths.filter((path) =>
      !EXPECTED.some((pattern) => pattern.test(path))
    );
    assertEquals(others, []);
    const page = "server/page/client/";
    assertEquals(
      paths.filter((path) => path.startsWith(page)).sort(),
      filesOf(join(ROOT, page)).map((path) => path.slice(ROOT.length + 1))
        .map((path) => path.replace("//", "/")).sort(),
    );
  });

  it("names nothing of the machine that packed it, and has no source maps", async () => {
    assertEquals(foreignIn(await texts()), []);
    assertEquals(foreignIn(new Map([["a.js", `// ${ROOT}/a.ts`]])), ["a.js"]);
  });

  it("has all files that its manifest names", async () => {
    const { exports, bin } = await manifest();
    const targets = Object.values<object>(exports).flatMap((conditions) => {
      assertEquals(Object.keys(conditions), ["types", "default"]);
      return Object.values(conditions);
    });
    const folder = await unpackedTarball();
    const missing = [...targets, ...Object.values<string>(bin)]
      .filter((path) => !existsSync(join(folder, path)));
    assertEquals(missing, []);
    assertEquals(Object.keys(bin), ["tidings"]);
  });

  it("has the manifest of the clone, without what only the clone needs", async () => {
    const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const packed = await manifest();
    const same = [
      "name",
      "version",
      "description",
      "license",
      "author",
      "type",
      "sideEffects",
      "dependencies",
      "peerDependencies",
      "peerDependenciesMeta",
    ];
    assertEquals(
      same.map((field) => packed[field]),
      same.map((field) => own[field]),
    );
    assertEquals(Object.keys(packed.exports), Object.keys(own.exports));
    assertEquals(packed.engines, { node: ">=22.12" });
    assertEquals(
      Object.keys(packed).filter((field) => !same.includes(field)),
      ["engines", "bin", "exports", "imports"],
    );
  });

  it("has no import of a TypeScript file", async () => {
    const found = [...await texts()].filter(([path, text]) =>
      /\.(?:js|d\.ts)$/.test(path) &&
      /^(?:import|export|\} from) .*"\.[^"]*\.ts"/m.test(text)
    );
    assertEquals(found.map(([path]) => path), []);
    assert((await texts()).size > 400);
  });
});
