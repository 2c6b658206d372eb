import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { pack } from "../../../pack/pack.ts";
import { filesOf } from "../../run/files.ts";
import { ROOT } from "../root.ts";

/** The sources of the tarball, and of the program that packs it. */
const FOLDERS = ["core", "middleware", "pack", "react", "server"];
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

const CACHE = join(ROOT, "node_modules/.cache/tarball");

let packed: Promise<string> | undefined;

/** Returns the path of the package's tarball. It is packed again only where a source has changed since the last time. */
export async function tarball(): Promise<string> {
  return join(await cachedPackage(), "tidings-realtime.tgz");
}

/** Returns the folder of the tarball's files. They find the packages of the clone. */
export async function unpackedTarball(): Promise<string> {
  return join(await cachedPackage(), "package");
}

function cachedPackage(): Promise<string> {
  return packed ??= packOnce();
}

/** Packs and unpacks, unless that has been done, and returns the folder of both. */
async function packOnce(): Promise<string> {
  const hash = await hashOfSources();
  const folder = join(CACHE, hash);
  if (existsSync(folder)) return folder;
  const own = `${folder}-${process.pid}`;
  await mkdir(own, { recursive: true });
  try {
    const path = join(own, "tidings-realtime.tgz");
    await rename(await pack(ROOT, own), path);
    await promisify(execFile)("tar", ["-xzf", path, "-C", own]);
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true });
    // Another process may have made the same one meanwhile.
    if (!existsSync(folder)) throw error;
  }
  await removeOthers(hash);
  return folder;
}

/** Removes what was made from earlier sources. */
async function removeOthers(hash: string): Promise<void> {
  for (const name of await readdir(CACHE)) {
    if (name.startsWith(hash)) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash("sha256");
  const folders = FOLDERS.flatMap((folder) => filesOf(join(ROOT, folder)));
  const paths = [...folders, ...FILES.map((name) => join(ROOT, name))].sort();
  for (const path of paths) hash.update(path).update(await readFile(path));
  return hash.digest("hex").slice(0, 16);
}
