import {
  type Body,
  type HookName,
  type Runner,
  TEST_TIMEOUT_MS,
  type TestOptions,
} from "./runner.ts";

interface Test {
  name: string;
  options: TestOptions;
  fn: Body;
}

interface Group {
  name: string;
  options: TestOptions;
  parent: Group | undefined;
  children: (Test | Group)[];
  hooks: Record<HookName, Body[]>;
}

/**
 * Creates a runner that is based on `Deno.test`. Like the real `@std/testing/bdd` it makes one `Deno.test` of each outermost group, with a
 * step for each test in it. So Deno's sanitizers check the group as a whole, and `afterAll` may close what `beforeAll` opened.
 */
export function createDenoRunner(): Runner {
  let current: Group | undefined;

  return {
    describe(name: string, options: TestOptions, fn: () => void): void {
      const outer = current;
      const group = createGroup(name, options, outer);
      if (outer === undefined) register(group);
      else outer.children.push(group);
      current = group;
      try {
        fn();
      } finally {
        current = outer;
      }
    },
    it(name: string, options: TestOptions, fn: Body): void {
      if (current === undefined) {
        Deno.test({
          name,
          ...sanitizers(options),
          ignore: options.ignore === true,
          fn: () => inTime(fn),
        });
      } else {
        current.children.push({ name, options, fn });
      }
    },
    hook(name: HookName, fn: Body): void {
      if (current === undefined) {
        // Hooks outside of a group put the rest of the file into one group.
        current = createGroup("global", {}, undefined);
        register(current);
      }
      current.hooks[name].push(fn);
    },
  };
}

function createGroup(
  name: string,
  options: TestOptions,
  parent: Group | undefined,
): Group {
  const hooks = {
    beforeAll: [],
    afterAll: [],
    beforeEach: [],
    afterEach: [],
  };
  return { name, options, parent, children: [], hooks };
}

function register(group: Group): void {
  Deno.test({
    name: group.name,
    ...sanitizers(group.options),
    fn: (context) => runGroup(context, group, group.options.ignore === true),
  });
}

/** Turns Deno's sanitizers on, which are off by default. */
function sanitizers(options: TestOptions): Omit<TestOptions, "ignore"> {
  return {
    sanitizeOps: options.sanitizeOps ?? true,
    sanitizeResources: options.sanitizeResources ?? true,
    sanitizeExit: options.sanitizeExit ?? true,
  };
}

async function runGroup(
  context: Deno.TestContext,
  group: Group,
  ignore: boolean,
): Promise<void> {
  try {
    if (!ignore) await runAll(group.hooks.beforeAll);
    for (const child of group.children) {
      const skip = ignore || child.options.ignore === true;
      await context.step({
        name: child.name,
        // An ignored group is run with its tests ignored, so that the report counts each of them.
        ignore: skip && "fn" in child,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: (step) =>
          "fn" in child
            ? runTest(group, child.fn)
            : runGroup(step, child, skip),
      });
    }
  } finally {
    if (!ignore) await runAll(group.hooks.afterAll);
  }
}

async function runTest(group: Group, fn: Body): Promise<void> {
  const groups = ancestors(group);
  try {
    for (const outer of groups) await runAll(outer.hooks.beforeEach);
    await inTime(fn);
  } finally {
    for (const inner of groups.reverse()) {
      await runAll(inner.hooks.afterEach);
    }
  }
}

/** Returns a group and the groups around it, outermost first. */
function ancestors(group: Group): Group[] {
  const around = group.parent === undefined ? [] : ancestors(group.parent);
  return [...around, group];
}

async function runAll(hooks: Body[]): Promise<void> {
  for (const hook of hooks) await inTime(hook);
}

async function inTime(fn: Body): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Timed out after ${TEST_TIMEOUT_MS / 1000} s`));
    }, TEST_TIMEOUT_MS);
  });
  try {
    await Promise.race([fn(), late]);
  } finally {
    clearTimeout(timer);
  }
}
