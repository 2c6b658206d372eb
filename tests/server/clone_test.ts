import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { NOT_OURS } from "../run/files.ts";
import { startListening } from "../support/process/child.ts";
import { currentRuntime } from "../support/process/programs.ts";
import { ROOT } from "../support/root.ts";

/** The command that starts a gateway in a clone. Bun would install missing packages itself. */
const COMMANDS = {
  deno: ["run", "--allow-all", "--quiet"],
  bun: ["--no-install"],
  node: [],
} as const;

describe("the gateway in a fresh clone", () => {
  let clone: string;

  beforeAll(async () => {
    clone = await mkdtemp(join(tmpdir(), "tidings-clone-"));
    await cp(ROOT, clone, {
      recursive: true,
      filter: (path) => !NOT_OURS.has(basename(path)),
    });
  });

  afterAll(async () => {
    await rm(clone, { recursive: true });
  });

  function command(): string[] {
    const main = join(clone, "server/main.ts");
    const args = ["--dev", "--port", "0"];
    return [process.execPath, ...COMMANDS[currentRuntime()], main, ...args];
  }

  it("says in one line which command installs the packages", async () => {
    const [program = "", ...args] = command();
    const { code, stdout, stderr } = await promisify(execFile)(program, args, {
      cwd: clone,
    }).catch((error) => error);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(
      stderr,
      /^Cannot start: the package "[@\w/-]+" is not installed; run "npm ci --omit=dev"[^\n]*\n$/,
    );
  });

  it("starts after `npm ci --omit=dev`", async () => {
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    const args = ["ci", "--omit=dev", "--prefer-offline", ...quiet];
    await promisify(execFile)("npm", args, { cwd: clone });
    const { child, url } = await startListening(command(), () => {});
    try {
      const health = await fetch(`${url}/health`);
      assertEquals([health.status, (await health.json()).status], [200, "ok"]);
    } finally {
      await child.stop();
    }
  });
});
