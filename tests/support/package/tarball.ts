import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { pack } from "../../../pack/pack.ts";
import { filesOf } from "../../run/files.ts";
import { ROOT } from "../root.ts";

/** The files and folders that the tarball is made from, and what makes it. */
const SOURCES = [
  "core",
  "middleware",
  "pack",
  "react",
  "server",
];
const FILES = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "hooks.ts",
  "middleware.ts",
  "mod.ts",
  "package.json",
  "tsconfig.json",
];

let packed: Promise<string> | undefined;

/** Returns the path of the package's tarball. It is packed again only where a source has changed since the last time. */
export function tarball(): Promise<string> {
  return packed ??= packOnce();
}

async function packOnce(): Promise<string> {
  const path = join(
    ROOT,
    "node_modules/.cache/package",
    await hashOfSources(),
    "tidings-realtime.tgz",
  );
  if (existsSync(path)) return path;
  // Test processes that run at the same time may all come here; the last one to rename its tarball wins.
  const own = join(dirname(path), String(process.pid));
  await mkdir(own, { recursive: true });
  try {
    await rename(await pack(ROOT, own), path);
  } finally {
    await rm(own, { recursive: true });
  }
  return path;
}

async function hashOfSources(): Promise<string> {
  const hash = createHash("sha256");
  const folders = SOURCES.flatMap((folder) => filesOf(join(ROOT, folder)));
  const paths = [...folders, ...FILES.map((name) => join(ROOT, name))].sort();
  for (const path of paths) hash.update(path).update(await readFile(path));
  return hash.digest("hex").slice(0, 16);
}
