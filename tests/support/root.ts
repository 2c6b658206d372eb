import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, without a slash at its end. */
export const ROOT: string = join(
  dirname(fileURLToPath(import.meta.url)),
  "../..",
);
