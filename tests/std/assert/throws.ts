import { failWith, show } from "./assertion_error.ts";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/**
 * Fails unless `fn` throws; with a class, unless it throws an instance of it
 * whose message contains `msgIncludes`. Returns what was thrown.
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    return checkThrown(thrown, classOrMsg, msgIncludes, msg);
  }
  failWith("Expected function to throw", msgOf(classOrMsg, msg));
}

/**
 * Fails unless the promise of `fn` rejects; otherwise like
 * {@linkcode assertThrows}. A function that throws before it returns a promise
 * fails too.
 */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    failWith(
      `Function throws when expected to reject: ${show(error)}`,
      msgOf(classOrMsg, msg),
    );
  }
  if (!isPromiseLike(promise)) {
    failWith("Expected function to return a promise", msgOf(classOrMsg, msg));
  }
  try {
    await promise;
  } catch (error) {
    return checkThrown(error, classOrMsg, msgIncludes, msg);
  }
  failWith("Expected function to reject", msgOf(classOrMsg, msg));
}

function checkThrown(
  thrown: unknown,
  classOrMsg: ErrorClass<Error> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): unknown {
  if (typeof classOrMsg !== "function") return thrown;
  if (!(thrown instanceof Error)) {
    failWith(`Expected an Error object, got ${show(thrown)}`, msg);
  }
  if (!(thrown instanceof classOrMsg)) {
    failWith(
      `Expected error to be instance of "${classOrMsg.name}", but was ${
        show(thrown)
      }`,
      msg,
    );
  }
  if (msgIncludes && !thrown.message.includes(msgIncludes)) {
    failWith(
      `Expected error message to include ${show(msgIncludes)}, but got ${
        show(thrown.message)
      }`,
      msg,
    );
  }
  return thrown;
}

function msgOf(
  classOrMsg: ErrorClass<Error> | string | undefined,
  msg: string | undefined,
): string | undefined {
  return typeof classOrMsg === "string" ? classOrMsg : msg;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
