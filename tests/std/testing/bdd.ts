/**
 * The functions of `@std/testing/bdd` that the tests use, for machines that can't reach JSR. They are based on Deno's test runner with its
 * sanitizers, and on `node:test` elsewhere. They have the names and signatures of the real package, which `jsr.json` resolves the same
 * name to.
 *
 * @module
 */

import { createDenoRunner } from "./deno_runner.ts";
import { createNodeRunner } from "./node_runner.ts";
import type { Body, Runner, TestOptions } from "./runner.ts";

const runner: Runner = "Deno" in globalThis
  ? createDenoRunner()
  : await createNodeRunner();

type Declare = {
  (name: string, fn: Body): void;
  (name: string, options: TestOptions, fn: Body): void;
};

/** Declares a group or a test. With `ignore` or `skip` it is not run. */
export type Declaration = Declare & {
  readonly ignore: Declare;
  readonly skip: Declare;
};

/** Declares a group of tests. */
export const describe: Declaration = declaration((name, options, fn) => {
  runner.describe(name, options, () => {
    if (fn() instanceof Promise) {
      throw new TypeError(
        'Returning a Promise from "describe" is not supported: tests must be defined synchronously',
      );
    }
  });
});

/** Declares a test. */
export const it: Declaration = declaration((name, options, fn) => {
  runner.it(name, options, fn);
});

/** Runs `fn` once before the tests of the group. */
export function beforeAll(fn: Body): void {
  runner.hook("beforeAll", fn);
}

/** Runs `fn` once after the tests of the group. */
export function afterAll(fn: Body): void {
  runner.hook("afterAll", fn);
}

/** Runs `fn` before each test of the group. */
export function beforeEach(fn: Body): void {
  runner.hook("beforeEach", fn);
}

/** Runs `fn` after each test of the group. */
export function afterEach(fn: Body): void {
  runner.hook("afterEach", fn);
}

function declaration(
  declare: (name: string, options: TestOptions, fn: Body) => void,
): Declaration {
  const withOptions = (forced: TestOptions): Declare =>
  (
    name: string,
    optionsOrFn: TestOptions | Body,
    fn?: Body,
  ) => {
    if (typeof optionsOrFn === "function") {
      declare(name, forced, optionsOrFn);
    } else if (fn !== undefined) {
      declare(name, { ...optionsOrFn, ...forced }, fn);
    } else {
      throw new TypeError(`Missing function of the test "${name}"`);
    }
  };
  const ignored = withOptions({ ignore: true });
  return Object.assign(withOptions({}), { ignore: ignored, skip: ignored });
}
