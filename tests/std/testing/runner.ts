/**
 * How long a test or a hook may take. Bun's default of 5 s is too short for a test that starts a browser or a bundler. Deno and Node have
 * no limit, so a test that hangs would hang the run.
 */
export const TEST_TIMEOUT_MS = 60_000;

/** The body of a group, a test or a hook. */
export type Body = () => void | Promise<void>;

/** Options of a group or a test. */
export interface TestOptions {
  /** Whether it is declared, but not run. */
  ignore?: boolean;
  /** Whether Deno checks that every asynchronous operation has ended. */
  sanitizeOps?: boolean;
  /** Whether Deno checks that every resource was closed. */
  sanitizeResources?: boolean;
  /** Whether Deno checks that the test doesn't end the process. */
  sanitizeExit?: boolean;
}

/** The kinds of hooks. */
export type HookName = "beforeAll" | "afterAll" | "beforeEach" | "afterEach";

/** The interface that each runtime's test runner is adapted to. */
export interface Runner {
  /** Declares a group. MUST call `fn` synchronously. */
  describe(name: string, options: TestOptions, fn: () => void): void;
  /** Declares a test, in the current group if there is one. */
  it(name: string, options: TestOptions, fn: Body): void;
  /** Adds a hook to the current group, or to the file. */
  hook(name: HookName, fn: Body): void;
}
