import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Missing } from "./missing.ts";

/** A program that Go can install. */
export interface GoProgram {
  readonly name: string;
  /** The package with its version: `example.com/server@latest`. */
  readonly package: string;
  /** How long Go takes to build it, for whoever waits: `two minutes`. */
  readonly takes: string;
}

/** Returns the path of a program in the folder that Go installs into; `undefined` where it isn't there. */
export function findGoProgram(name: string): string | undefined {
  const program = join(goFolder() ?? "", name);
  return existsSync(program) ? program : undefined;
}

/** Returns the version of a program that Go installed; `undefined` for any other program. */
export function goVersion(program: string): string | undefined {
  const { stdout } = spawnSync("go", ["version", "-m", program], {
    encoding: "utf8",
  });
  return /^\tmod\t\S+\t(\S+)/m.exec(stdout ?? "")?.[1];
}

/**
 * Lets Go install a program, and returns its path.
 *
 * @throws {Missing} When there is no Go, or it can't.
 */
export function installWithGo(program: GoProgram): string {
  const folder = goFolder();
  if (folder === undefined) {
    throw new Missing(`there is no ${program.name} here, and no go`);
  }
  console.error(
    `Installing ${program.name} with Go, once: ${program.takes}`,
  );
  const { status, stderr } = spawnSync("go", ["install", program.package], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Missing(`go can't install it: ${stderr}`);
  return join(folder, program.name);
}

/** Returns the folder that Go installs programs into; `undefined` where the machine has no Go. */
function goFolder(): string | undefined {
  const { error, stdout } = spawnSync("go", ["env", "GOBIN", "GOPATH"], {
    encoding: "utf8",
  });
  if (error) return undefined;
  const [bin = "", path = ""] = stdout.split("\n");
  return bin === "" ? join(path, "bin") : bin;
}
