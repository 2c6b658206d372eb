/**
 * `deno task pack`: writes the package for npm, `dist/tidings-realtime-<version>.tgz`.
 *
 * @module
 */

import { statSync } from "node:fs";
import { join, relative } from "node:path";
import { installPackages } from "../tests/run/setup.ts";
import { ROOT } from "../tests/support/root.ts";

await installPackages();
// The compiler is one of the packages that are installed above.
const { pack } = await import("./pack.ts");
const path = await pack(ROOT, join(ROOT, "dist"));
console.log(`${relative(ROOT, path)}: ${statSync(path).size} bytes`);
