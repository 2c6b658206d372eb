import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gccPath } from "../requirements.ts";

const SOURCE = join(import.meta.dirname ?? "", "faulty_disk.c");

let built: string | undefined;

/**
 * Builds the library that makes a disk faulty, once for this process; returns its path. It is deleted when this process exits.
 *
 * @throws {Error} Where there is no gcc, or it fails.
 */
export function faultyDiskLibrary(): string {
  if (built !== undefined) return built;
  const gcc = gccPath();
  if (gcc === undefined) {
    throw new Error("Cannot build a faulty disk: there is no gcc for Linux");
  }
  const folder = mkdtempSync(join(tmpdir(), "tidings-disk-library-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, "faulty_disk.so");
  execFileSync(gcc, ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
  return built = library;
}
