import process from "node:process";

/** The runtimes that gateways are started on. */
export const RUNTIMES = ["deno", "bun", "node"] as const;

/** The name of a runtime. */
export type RuntimeName = typeof RUNTIMES[number];

/** The program of each runtime, as far as it is there. */
export type Programs = Readonly<Partial<Record<RuntimeName, string>>>;

/** The runtime that this runs on. */
export function currentRuntime(): RuntimeName {
  if ("Deno" in globalThis) return "deno";
  return "Bun" in globalThis ? "bun" : "node";
}

/** The program of the runtime that this runs on, which is all that a test has. */
export function currentProgram(): Programs {
  return { [currentRuntime()]: process.execPath };
}

/** What V8 needs to be told so that a script can collect its garbage; Bun has a function for it. */
const EXPOSE_GC: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["--v8-flags=--expose-gc"],
  bun: [],
  node: ["--expose-gc"],
};

/**
 * The command that runs a script on a runtime.
 *
 * @throws {Error} When there is no program for it.
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
