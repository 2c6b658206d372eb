import { type RuntimeName, RUNTIMES } from "./runtimes.ts";

/** What to run. */
export interface Options {
  readonly runtimes: readonly RuntimeName[];
  /** Parts of paths; none means every file. */
  readonly filters: readonly string[];
}

/** Reads the arguments; a text says what is wrong with them. */
export function parseOptions(args: readonly string[]): Options | string {
  const runtimes: RuntimeName[] = [];
  const filters: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--runtime" || arg.startsWith("--runtime=")) {
      const name = arg === "--runtime" ? args[++i] : arg.slice(10);
      const runtime = RUNTIMES.find((known) => known === name);
      if (runtime === undefined) {
        return `Unknown runtime "${name ?? ""}": use ${RUNTIMES.join(", ")}`;
      }
      runtimes.push(runtime);
    } else if (arg.startsWith("-")) {
      return `Unknown option "${arg}": use --runtime or parts of file names`;
    } else {
      filters.push(arg);
    }
  }
  return { runtimes: runtimes.length > 0 ? runtimes : RUNTIMES, filters };
}
