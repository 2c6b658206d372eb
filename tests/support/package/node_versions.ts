import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { ROOT } from "../root.ts";

/** The majors of Node that the package supports. */
export const NODE_MAJORS = [22, 24, 26] as const;

/**
 * Returns the folder of the programs of a major version of Node. It is installed into the clone once, from npm.
 *
 * @throws {Error} When the system has no Node on npm, or it can't be installed.
 */
export async function nodeFolder(major: number): Promise<string> {
  const { arch, platform } = process;
  const name = `node-${platform}-${arch}`;
  const prefix = join(ROOT, ".runtimes", `node-${major}`);
  const folder = join(prefix, "node_modules", name, "bin");
  if (!existsSync(join(folder, "node"))) {
    await mkdir(prefix, { recursive: true });
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    await promisify(execFile)(
      "npm",
      ["install", "--no-save", "--prefix", ".", `${name}@${major}`, ...quiet],
      { cwd: prefix },
    );
  }
  return folder;
}
