import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { ROOT } from "../root.ts";

/** The runtimes that gateways and tests run on, in the order of every report. */
export const RUNTIMES = ["deno", "bun", "node"] as const;

/** The name of a runtime. */
export type RuntimeName = typeof RUNTIMES[number];

/** The names of the runtimes as reports print them. */
export const TITLES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

/** The paths of the runtimes' programs; a runtime without a path can't be used. */
export type Programs = Readonly<Partial<Record<RuntimeName, string>>>;

/** Returns the runtime that this process runs on. */
export function currentRuntime(): RuntimeName {
  if ("Deno" in globalThis) return "deno";
  return "Bun" in globalThis ? "bun" : "node";
}

/** Returns the program of the current runtime, the only one that a test knows. */
export function currentProgram(): Programs {
  return { [currentRuntime()]: process.execPath };
}

/** The flags with which V8 lets a script collect garbage; Bun needs none. */
const EXPOSE_GC: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["--v8-flags=--expose-gc"],
  bun: [],
  node: ["--expose-gc"],
};

/**
 * Returns the command that runs a script on a runtime.
 *
 * @throws {Error} When the runtime has no program.
 */
export function commandFor(
  programs: Programs,
  runtime: RuntimeName,
  script: string,
): string[] {
  const program = programs[runtime];
  if (program === undefined) {
    throw new Error(`There is no program for "${runtime}" here`);
  }
  const run = runtime === "deno" ? ["run", "--allow-all", "--quiet"] : [];
  return [program, ...run, ...EXPOSE_GC[runtime], script];
}

/** Runs a script on the current runtime to its end; returns its output. */
export async function outputOf(script: string): Promise<string> {
  const [program = "", ...args] = commandFor(
    currentProgram(),
    currentRuntime(),
    script,
  );
  const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT });
  return stdout;
}

/** Collects the garbage of this process, which must have been started by {@linkcode commandFor}. */
export function collectGarbage(): void {
  const { Bun, gc } = Object(globalThis);
  if (Bun) Bun.gc(true);
  else gc();
}
