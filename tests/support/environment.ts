import { afterEach, beforeEach } from "@std/testing/bdd";
import { env } from "node:process";

/** Removes variables from the environment before each test of the file, and restores them after it. */
export function withoutVariables(names: readonly string[]): void {
  let before: Array<string | undefined> = [];

  beforeEach(() => {
    before = names.map((name) => env[name]);
    for (const name of names) delete env[name];
  });

  afterEach(() => {
    for (const [i, name] of names.entries()) {
      const value = before[i];
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
  });
}
