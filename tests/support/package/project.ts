import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installTarball } from "./install_tarball.ts";

/** A project in a folder of its own, outside of the clone, that has the package from the tarball. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
  /** Writes a file and returns its path. */
  write(name: string, text: string): Promise<string>;
}

/**
 * Makes an empty project and installs the package in it.
 *
 * @param packages Other packages to install, such as `react@19`.
 */
export async function createProject(
  packages: readonly string[] = [],
): Promise<Project> {
  // Compilers and runtimes name files by their real paths.
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tidings-app-")));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await installTarball(folder, packages);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    async write(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    [Symbol.asyncDispose]: remove,
  };
}
