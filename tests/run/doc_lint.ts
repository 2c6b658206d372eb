/**
 * Lints the doc comments of every entry point. The types of optional packages are public in their own documentation, but would count as
 * private types of this package. They are therefore left unresolved.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../support/root.ts";
import { run } from "./command.ts";

/** The part of `deno.json` that is used here. */
interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** The modules of optional packages whose types are in the signatures of entry points. */
const OPTIONAL = ["ai"];

const EMPTY_MODULE = "data:application/typescript,export {}";

/** Lints the entry points with an import map in a folder, and returns the exit code. */
async function lint(folder: string): Promise<number> {
  const path = join(ROOT, "deno.json");
  const manifest: Manifest = JSON.parse(Deno.readTextFileSync(path));
  const imports: Record<string, string> = {};
  for (const [name, target] of Object.entries(manifest.imports)) {
    imports[name] = new URL(target, pathToFileURL(path)).href;
  }
  for (const name of OPTIONAL) imports[name] = EMPTY_MODULE;
  const importMap = join(folder, "imports.json");
  Deno.writeTextFileSync(importMap, JSON.stringify({ imports }));
  const command = [Deno.execPath(), "doc", "--quiet", "--lint"];
  const entries = Object.values(manifest.exports);
  const options = ["--import-map", importMap, ...entries];
  return (await run([...command, ...options], { output: "show" })).code;
}

const folder = await Deno.makeTempDir();
let code: number;
try {
  code = await lint(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
