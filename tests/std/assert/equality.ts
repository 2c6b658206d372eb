import { deepStrictEqual, notDeepStrictEqual } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { failWith, show } from "./assertion_error.ts";

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    failWith(`Values are not equal: ${text}`, msg);
  }
}

/** Fails if the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    notDeepStrictEqual(actual, expected);
  } catch {
    failWith(`Expected actual: ${show(actual)} not to be: the same`, msg);
  }
}

/** Fails unless `Object.is` is true for the values. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    const text = `actual ${show(actual)}, expected ${show(expected)}`;
    failWith(`Values are not strictly equal: ${text}`, msg);
  }
}

/** Fails if `Object.is` is true for the values. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (Object.is(actual, expected)) {
    failWith(`Expected another value than ${show(actual)}`, msg);
  }
}

/** Fails unless every value of `expected` is in `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const found = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !found.some((value) => isDeepStrictEqual(value, wanted))
  );
  if (missing.length > 0) {
    failWith(`Expected ${show(actual)} to include ${show(missing)}`, msg);
  }
}
