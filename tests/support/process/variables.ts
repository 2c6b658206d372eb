import { env } from "node:process";

const NAMES = ["PATH", "HOME", "DENO_DIR", "NODE_COMPILE_CACHE"];

/** Returns the variables of the environment that every process needs, and those that name the runtimes' caches. */
export function basicVariables(): Record<string, string> {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
