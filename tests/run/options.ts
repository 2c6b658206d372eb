import { parseArgs } from "node:util";
import { pick } from "../support/choices.ts";
import { type RuntimeName, RUNTIMES } from "../support/process/programs.ts";

/** The tests to run. */
export interface Options {
  readonly runtimes: readonly RuntimeName[];
  /** Parts of paths; without any, every file is run. */
  readonly filters: readonly string[];
  /** Whether tests that run on one runtime only run on all of them. */
  readonly all: boolean;
}

/** Parses the arguments; returns a text that says what is wrong with them. */
export function parseOptions(args: string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        runtime: { type: "string", multiple: true, default: ["all"] },
        all: { type: "boolean", default: false },
      },
    });
    return {
      runtimes: pick("runtime", values.runtime.join(","), RUNTIMES),
      filters: positionals,
      all: values.all,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
