import { ID } from "./id.ts";

/** A decoded JSON object, whose fields have not been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Tells whether a decoded JSON value has a type. */
export type Check<T> = (value: unknown) => value is T;

/** Tells whether a value is an object: neither a list nor `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

export function isId(value: unknown): value is string {
  return isText(value) && ID.test(value);
}

/**
 * Makes the check of an object with these fields; it may have others.
 *
 * @typeParam Known The names of fields that the caller has checked already.
 */
export function object<T extends object, Known extends keyof T = never>(
  shape: { readonly [K in Exclude<keyof T, Known>]-?: Check<T[K]> },
): Check<T> {
  const fields = Object.entries<Check<unknown>>(shape);
  return (value): value is T =>
    isJsonObject(value) && fields.every(([name, check]) => check(value[name]));
}

/** Makes the check of a list. */
export function list<T>(check: Check<T>): Check<T[]> {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Makes the check of a field that may be absent. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => value === undefined || check(value);
}
