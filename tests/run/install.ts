/**
 * Installs the packages of the lock file, unless they are installed: the first step of each command that needs packages.
 *
 * @module
 */

import { installPackages } from "./setup.ts";

try {
  await installPackages();
} catch (error) {
  // The message is enough where npm is missing or its registry can't be reached.
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
