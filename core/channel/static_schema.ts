import type { StandardSchema } from "../types/standard_schema.ts";

/**
 * Returns a schema for types only, which accepts all data unchanged.
 *
 * @example Types without a schema library, in the form of Inngest's version 4
 * ```ts
 * import { channel, staticSchema } from "@tidings/realtime";
 *
 * const logs = channel({
 *   name: "logs",
 *   topics: { info: { schema: staticSchema<{ text: string }>() } },
 * });
 * ```
 */
export function staticSchema<T>(): StandardSchema<T> {
  return {
    "~standard": {
      version: 1,
      vendor: "tidings",
      validate: (value) => ({ value: value as T }),
    },
  };
}
