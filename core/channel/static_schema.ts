import type { StandardSchema } from "../types/standard_schema.ts";

/**
 * A schema for types only: it takes everything as it is.
 *
 * @example Types without a schema library, in the form that Inngest's version 4 has
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
