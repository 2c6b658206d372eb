import { inspect } from "node:util";

/** The error of a failed assertion. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws an {@linkcode AssertionError}, with the caller's message at the end. */
export function failWith(text: string, msg?: string): never {
  throw new AssertionError(msg ? `${text}: ${msg}` : text);
}

/** Formats a value for the text of an error. */
export function show(value: unknown): string {
  return inspect(value, { depth: 8, sorted: true });
}
