import {
  type Body,
  type HookName,
  type Runner,
  TEST_TIMEOUT_MS,
  type TestOptions,
} from "./runner.ts";

/**
 * The runner on `node:test`, which Node and Bun have. An ignored group ignores
 * each of its tests, so that the report counts them.
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

  return {
    describe(name: string, options: TestOptions, fn: () => void): void {
      test.describe(name, () => {
        const outer = groupIgnored;
        groupIgnored = outer || options.ignore === true;
        try {
          fn();
        } finally {
          groupIgnored = outer;
        }
      });
    },
    it(name: string, options: TestOptions, fn: Body): void {
      const skip = groupIgnored || options.ignore === true;
      test.it(name, { skip, timeout: TEST_TIMEOUT_MS }, () => fn());
    },
    hook(name: HookName, fn: Body): void {
      if (groupIgnored) return;
      hooks[name](() => fn(), { timeout: TEST_TIMEOUT_MS });
    },
  };
}
