/**
 * How long a test or a hook may take. Bun's own limit of 5 s is too short for a
 * test that starts a browser or a bundler; Deno and Node have none, so that one
 * that hangs would hang the whole run.
 */
export const TEST_TIMEOUT_MS = 60_000;

/** The body of a group, a test or a hook. */
export type Body = () => void | Promise<void>;

/** Options of a group or a test. */
export interface TestOptions {
  /** Declare it, but don't run it. */
  ignore?: boolean;
  /** Whether Deno checks that every operation started has ended. */
  sanitizeOps?: boolean;
  /** Whether Deno checks that everything opened was closed. */
  sanitizeResources?: boolean;
  /** Whether Deno checks that the test doesn't end the process. */
  sanitizeExit?: boolean;
}

/** The points at which a hook can run. */
export type HookName = "beforeAll" | "afterAll" | "beforeEach" | "afterEach";

/** What a runtime's own test runner has to offer. */
export interface Runner {
  /** Declares a group; MUST call `fn` at once. */
  describe(name: string, options: TestOptions, fn: () => void): void;
  /** Declares a test in the group being declared, or on its own. */
  it(name: string, options: TestOptions, fn: Body): void;
  /** Adds a hook to the group being declared, or to the file's. */
  hook(name: HookName, fn: Body): void;
}
