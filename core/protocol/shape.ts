import { ID } from "./id.ts";

/** A decoded JSON object, whose fields have not been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Tells whether a decoded JSON value has an expected shape. */
export type Check = (value: unknown) => boolean;

/** Tells whether a value is an object: neither a list nor `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Tells whether a value has the form of an id. */
export function isId(value: unknown): value is string {
  return isText(value) && ID.test(value);
}

/** Makes the check of an object with these fields; it may have others. */
export function object(shape: Readonly<Record<string, Check>>): Check {
  const fields = Object.entries(shape);
  return (value) =>
    isJsonObject(value) && fields.every(([name, check]) => check(value[name]));
}

/** Makes the check of a list. */
export function list(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Makes the check of a field that may be absent. */
export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}
