import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../core/protocol/version.ts";
import { STAGES } from "../run/stages.ts";
import { ROOT } from "../support/root.ts";
import {
  type DenoManifest,
  differences,
  type Manifests,
  type NpmManifest,
} from "./manifests.ts";
import { allFiles, readFile } from "./sources.ts";

interface DenoConfig extends DenoManifest {
  readonly tasks: Readonly<Record<string, string>>;
}

interface PackageJson extends NpmManifest {
  readonly scripts: Readonly<Record<string, string>>;
}

const deno: DenoConfig = JSON.parse(readFile("deno.json"));
const jsr: DenoManifest = JSON.parse(readFile("jsr.json"));
const npm: PackageJson = JSON.parse(readFile("package.json"));
const manifests: Manifests = { deno, jsr, npm };

const files = allFiles();

/** The TypeScript files that are published. */
const published = files.filter((path) =>
  path.endsWith(".ts") &&
  deno.publish.include.some((part) =>
    part.endsWith("/") ? path.startsWith(part) : path === part
  )
);

describe("deno.json, jsr.json and package.json", () => {
  it("agree on name, version, exports and dependencies", () => {
    assertEquals(differences(manifests), []);
  });

  it("have the version that the code has", () => {
    assertEquals(deno.version, VERSION);
  });

  it("export and publish files that exist", () => {
    const named = [...Object.values(deno.exports), ...deno.publish.include];
    assertEquals(named.filter((path) => !existsSync(join(ROOT, path))), []);
  });

  it("name every package that the published files import", () => {
    const runtime = { ...npm.dependencies, ...npm.peerDependencies };
    const missing = published.flatMap((path) =>
      bareImports(readFile(path))
        .filter((name) => jsr.imports[name] === undefined || !runtime[name])
        .map((name) => `${path} imports ${name}`)
    );
    assert(published.length > 0);
    assertEquals(missing, []);
  });

  it("install hono once, as the peer of @hono/node-server that it is", () => {
    const { packages } = JSON.parse(readFile("package-lock.json"));
    const copies = Object.entries<{ name?: string }>(packages)
      .filter(([path, { name = path.split("node_modules/").at(-1) }]) =>
        path !== "" && name === "hono"
      );
    assertEquals(copies.map(([path]) => path), ["node_modules/hono"]);
  });

  it("have a version that the changelog has", () => {
    assertMatch(
      readFile("CHANGELOG.md"),
      new RegExp(`^## ${deno.version.replaceAll(".", "\\.")}\\b`, "m"),
    );
  });
});

describe("differences()", () => {
  const common = { name: "p", version: "1.0.0", license: "MIT", exports: {} };
  const publish = { include: ["mod.ts"] };
  const one: Manifests = {
    deno: {
      ...common,
      publish,
      imports: { a: "npm:b@^1.0.0", zod: "npm:zod@^4.0.0", "@std/x": "./x.ts" },
    },
    jsr: {
      ...common,
      publish,
      imports: { a: "jsr:@a/a@^1.0.0", zod: "npm:zod@^4.0.0" },
    },
    npm: {
      ...common,
      dependencies: { a: "npm:b@^1.0.0" },
      devDependencies: {},
      peerDependencies: { zod: "^4.0.0" },
    },
  };

  it("finds no difference in manifests that agree", () => {
    assertEquals(differences(one), []);
  });

  it("reports different versions", () => {
    const jsr = { ...one.jsr, version: "9.9.9" };
    assertEquals(differences({ ...one, jsr }), [
      'version: "1.0.0" in deno.json, "9.9.9" in jsr.json, ' +
      '"1.0.0" in package.json',
    ]);
  });

  it("reports an export that the others lack", () => {
    const npm = { ...one.npm, exports: { "./extra": "./extra.ts" } };
    assertEquals(differences({ ...one, npm }), [
      'exports "./extra": nothing in deno.json, "./extra.ts" in package.json',
    ]);
  });

  it("reports different lists of published files", () => {
    const jsr = { ...one.jsr, publish: { include: ["mod.ts", "core/"] } };
    assertEquals(differences({ ...one, jsr }), [
      'publish.include: "mod.ts" in deno.json, "core/ mod.ts" in jsr.json',
    ]);
  });

  it("reports different ranges, of npm and of JSR", () => {
    const npm = { ...one.npm, dependencies: { a: "npm:b@^3.0.0" } };
    assertEquals(differences({ ...one, npm }), [
      'import "a": "npm:b@^1.0.0" in deno.json, "npm:b@^3.0.0" in package.json',
    ]);
    const imports = { ...one.jsr.imports, a: "jsr:@a/a@^2.0.0" };
    assertEquals(differences({ ...one, jsr: { ...one.jsr, imports } }), [
      'import "a": "npm:b@^1.0.0" in deno.json, "jsr:@a/a@^2.0.0" in jsr.json',
    ]);
  });

  it("allows JSR one of the ranges of a peer dependency", () => {
    const npm = {
      ...one.npm,
      devDependencies: { zod: "^4.0.0" },
      peerDependencies: { zod: "^3.0.0 || ^4.0.0" },
    };
    assertEquals(differences({ ...one, npm }), []);
    const imports = { ...one.jsr.imports, zod: "npm:zod@^5.0.0" };
    assertEquals(differences({ ...one, npm, jsr: { ...one.jsr, imports } }), [
      'import "zod": "npm:zod@^4.0.0" in deno.json, "npm:zod@^5.0.0" in jsr.json',
    ]);
  });

  it("reports a dependency that only one file has", () => {
    const dependencies = { ...one.npm.dependencies, c: "^1.0.0" };
    assertEquals(differences({ ...one, npm: { ...one.npm, dependencies } }), [
      'import "c": in package.json, not in deno.json',
      'import "c": in package.json, not in jsr.json',
    ]);
    const imports = { ...one.deno.imports, d: "npm:d@^1.0.0" };
    assertEquals(differences({ ...one, deno: { ...one.deno, imports } }), [
      'import "d": in deno.json, not in package.json',
    ]);
  });
});

describe("the repository", () => {
  it("names no host of a registry", () => {
    // Written in parts, so that this file doesn't contain them.
    const hosts = [["npmjs", "org"], ["npmjs", "com"], ["yarnpkg", "com"], [
      "jsr",
      "io",
    ], ["debian", "org"]].map((parts) => parts.join("."));
    const found = files
      .filter((path) => hosts.some((host) => readFile(path).includes(host)));
    assertEquals(found, []);
    assertEquals(
      readFile("package-lock.json").includes('"resolved": "http'),
      false,
    );
  });

  it("has tasks and scripts for every command its documents name", () => {
    // The quickstart's commands are those of its own apps, in which tests/docs runs them.
    const documents = files.filter((path) =>
      /^(docs\/.*\.md|[A-Z]+\.md|\.ci\/run)$/.test(path) &&
      path !== "docs/quickstart.md"
    );
    const unknown = documents.flatMap((path) =>
      unknownCommands(readFile(path)).map((command) => `${path}: ${command}`)
    );
    assert(documents.includes("README.md"), "README.md is missing");
    assertEquals(unknown, []);
  });

  it("has tasks that run existing files", () => {
    const missing = Object.entries(deno.tasks).flatMap(([name, command]) =>
      (command.match(/\S+\.tsx?\b/g) ?? [])
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${name}: ${path}`)
    );
    assertEquals(missing, []);
  });

  it("has a task for each stage of the gate", () => {
    const tasks = STAGES.flatMap(({ command: [first, task] }) =>
      first === "task" && task !== undefined ? [task] : []
    );
    assertEquals(tasks.filter((task) => deno.tasks[task] === undefined), []);
    assert(tasks.includes("size"));
  });

  it("disables no check of the linter or the compiler", () => {
    const silencers = ["deno-lint-" + "ignore", "@ts-" + "ignore"];
    const found = files.filter((path) => /\.tsx?$/.test(path))
      .filter((path) =>
        silencers.some((word) => readFile(path).includes(word))
      );
    assertEquals(found, []);
  });

  it("publishes no syntax that needs Node 24", () => {
    const found = published
      .filter((path) => hasUsing(readFile(path)));
    assertEquals(found, []);
  });
});

describe("the checks above", () => {
  it("find a command that is no task", () => {
    assertEquals(
      unknownCommands("deno task gateway, npx -y deno task nothing"),
      ["deno task nothing"],
    );
    assertEquals(unknownCommands("bun run nothing"), ["bun run nothing"]);
  });

  it("find a declaration with using", () => {
    assertEquals(hasUsing("{\n  await using a = open();\n}"), true);
    assertEquals(hasUsing("{\n  using a = open();\n}"), true);
    assertEquals(hasUsing(" * await using a = open();"), false);
  });

  it("find the packages that a file imports", () => {
    const source = `
import { a } from "jose";
import type { b } from "@hono/hono/ws";
export { c } from './c.ts';
import "node:fs";
const d = await import("ws");
/** import { e } from "@tidings/realtime"; */`;
    assertEquals(bareImports(source), ["jose", "@hono/hono", "ws"]);
  });
});

/** Tells whether a source has a declaration with `using` outside of comments. */
function hasUsing(source: string): boolean {
  return /^\s*(for \()?(await )?using \w+ /m.test(source);
}

/** Returns the packages that a source imports, without Node's own modules. */
function bareImports(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const pattern = /(?:\bfrom|\bimport|\bimport\()\s*["']([^"'.][^"']*)["']/g;
  const names = [...code.matchAll(pattern)]
    .map(([, specifier = ""]) => specifier)
    .filter((specifier) => !specifier.startsWith("node:"))
    .map((specifier) =>
      specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
    );
  return [...new Set(names)];
}

/** Returns the commands in a text that are neither a task of deno.json nor a script of package.json. */
function unknownCommands(text: string): string[] {
  const pattern = /\b(deno task|npm run|bun run) ([a-z][\w:-]*)/g;
  return [...text.matchAll(pattern)]
    .filter(([, kind, name = ""]) =>
      kind === "deno task"
        ? deno.tasks[name] === undefined
        : npm.scripts[name] === undefined
    )
    .map(([command]) => command);
}
