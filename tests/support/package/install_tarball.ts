import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { tarball } from "./tarball.ts";

const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Installs the package, as it would come from npm, into a project.
 *
 * @param folder The project's folder. Without a `package.json`, it becomes an empty project of ES modules.
 * @param packages Other packages to install, such as `react@19`.
 * @throws {Error} When the package can't be packed or installed.
 */
export async function installTarball(
  folder: string,
  packages: readonly string[] = [],
): Promise<void> {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) {
    const project = { private: true, type: "module" };
    await writeFile(manifest, JSON.stringify(project));
  }
  const args = ["install", ...QUIET, "--prefer-offline"];
  await promisify(execFile)(
    "npm",
    [...args, await tarball(), ...packages],
    { cwd: folder },
  );
}
