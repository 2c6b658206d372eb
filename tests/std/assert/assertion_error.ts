import { inspect } from "node:util";

/** The error every assertion of this package throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws the error of a failed assertion, with the caller's `msg` at its end. */
export function failWith(text: string, msg?: string): never {
  throw new AssertionError(msg ? `${text}: ${msg}` : text);
}

/** A value as it reads in a failure's text. */
export function show(value: unknown): string {
  return inspect(value, { depth: 8, sorted: true });
}
