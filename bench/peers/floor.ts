import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../tests/support/root.ts";
import { Missing, requireProgram } from "./missing.ts";
import { type ServerProcess, startAnnounced } from "./server_process.ts";

let program: string | undefined;

/** Compiles and starts `floor.c`. */
export function startFloor(): Promise<ServerProcess> {
  program ??= compile();
  return startAnnounced([program], false);
}

function compile(): string {
  requireProgram("cc", ["--version"]);
  const output = join(mkdtempSync(join(tmpdir(), "tidings-bench-")), "floor");
  const source = join(ROOT, "bench/peers/floor.c");
  const { status, stderr } = spawnSync("cc", ["-O2", "-o", output, source], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Missing(`floor.c does not compile: ${stderr}`);
  return output;
}
