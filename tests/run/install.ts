/**
 * Installs the packages of the lock file, unless they are there: what a command needs on a fresh clone.
 *
 * @module
 */

import { installPackages } from "./setup.ts";

try {
  await installPackages();
} catch (error) {
  // A missing npm, or a registry that can't be reached: a line says it.
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
