import process from "node:process";
import {
  type Body,
  type HookName,
  type Runner,
  TEST_TIMEOUT_MS,
  type TestOptions,
} from "./runner.ts";

/** How long the process of a file may run after its tests. */
const LEAK_TIMEOUT_MS = 5_000;

/**
 * Creates a runner that is based on `node:test`, which Node and Bun have. An ignored group ignores each of its tests, so that the report
 * counts them. Hooks outside of a group are hooks of each outermost group below them in the file.
 */
export async function createNodeRunner(): Promise<Runner> {
  const test = await import("node:test");
  const hooks = {
    beforeAll: test.before,
    afterAll: test.after,
    beforeEach: test.beforeEach,
    afterEach: test.afterEach,
  };
  let groupIgnored = false;
  let isInGroup = false;
  // Node runs all files of a process as one, so that a hook outside of a group would be one of all files.
  let hooksOfFile: [HookName, Body][] = [];
  const addHook = (name: HookName, fn: Body): void =>
    hooks[name](() => fn(), { timeout: TEST_TIMEOUT_MS });
  if (!("Bun" in globalThis)) test.after(endWhatIsLeftOpen);

  return {
    describe(name: string, options: TestOptions, fn: () => void): void {
      // Bun calls the function later.
      const hooksAround = isInGroup ? [] : hooksOfFile;
      test.describe(name, () => {
        const outer = { groupIgnored, isInGroup };
        groupIgnored ||= options.ignore === true;
        isInGroup = true;
        if (!groupIgnored) {
          for (const hook of hooksAround) addHook(...hook);
        }
        try {
          fn();
        } finally {
          ({ groupIgnored, isInGroup } = outer);
        }
      });
    },
    it(name: string, options: TestOptions, fn: Body): void {
      const skip = groupIgnored || options.ignore === true;
      test.it(name, { skip, timeout: TEST_TIMEOUT_MS }, () => fn());
    },
    hook(name: HookName, fn: Body): void {
      if (groupIgnored) return;
      if (isInGroup) return addHook(name, fn);
      if (hooksOfFile.length === 0) {
        // The next file is loaded after this turn.
        queueMicrotask(() => hooksOfFile = []);
      }
      hooksOfFile.push([name, fn]);
    },
  };
}

/**
 * Ends the process with an error that names what the tests left open. Without it Node would wait for a leak forever; Bun ends by itself.
 */
function endWhatIsLeftOpen(): void {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    console.error(`Left open after the tests: ${open}`);
    process.exit(1);
  }, LEAK_TIMEOUT_MS);
  timer.unref();
}
