import { execFile } from "node:child_process";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compile } from "./compile.ts";
import { ABSENT } from "./optional_types.ts";
import { BIN, packedManifest, type SourceManifest } from "./manifest.ts";

/** The documents for users of the package from npm. */
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];

/** Files that the package reads at run time, as they are. */
const ASSETS = "server/page/client";

/**
 * Packs a clone of the project for npm.
 *
 * @param root The clone, with its packages installed.
 * @param target The folder for the tarball. It is made if it is missing.
 * @returns The path of the tarball.
 * @throws {Error} When the sources have type errors, or `npm` fails.
 */
export async function pack(root: string, target: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-pack-"));
  try {
    const manifest: SourceManifest = JSON.parse(
      await readFile(join(root, "package.json"), "utf8"),
    );
    await fill(folder, root, manifest);
    await mkdir(target, { recursive: true });
    await npmPack(folder, target);
    return join(target, tarballName(manifest));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the files of the package into a folder. */
async function fill(
  folder: string,
  root: string,
  manifest: SourceManifest,
): Promise<void> {
  compile(root, Object.values(manifest.exports), folder);
  for (const name of DOCUMENTS) {
    await copyFile(join(root, name), join(folder, name));
  }
  await cp(join(root, ASSETS), join(folder, ASSETS), { recursive: true });
  const text = JSON.stringify(packedManifest(manifest), undefined, 2);
  await writeFile(join(folder, "package.json"), `${text}\n`);
  await writeFile(join(folder, ABSENT.path), ABSENT.text);
  await writeBin(join(folder, BIN));
}

/** Writes the program that `npx @tidings/realtime` runs. */
async function writeBin(path: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, '#!/usr/bin/env node\nimport "../server/main.js";\n');
  await chmod(path, 0o755);
}

/** Makes a tarball of a folder. */
async function npmPack(folder: string, target: string): Promise<void> {
  const args = ["pack", "--ignore-scripts", "--pack-destination", target];
  await promisify(execFile)("npm", args, { cwd: folder });
}

/** Returns the name that npm gives to a package's tarball. */
function tarballName({ name, version }: SourceManifest): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}
