import { checkName } from "./names.ts";
import type { StandardSchema } from "./standard_schema.ts";
import type { Realtime } from "./types.ts";

/**
 * Defines a topic: a kind of message that channels can have.
 *
 * @example With a type, and with a schema
 * ```ts
 * import { topic } from "@tidings/realtime";
 * import { z } from "zod";
 *
 * const info = topic("info").type<string>();
 * const ai = topic("ai").schema(z.object({ response: z.string() }));
 * ```
 *
 * @param name The topic's name: 1 to 255 bytes, no control characters.
 * @throws {RealtimeError} `invalid_name`.
 */
export function topic<const TTopicId extends string>(
  name: TTopicId,
): Realtime.Topic.Definition<TTopicId> {
  checkName("topic", name);
  return define(name);
}

function define<TTopicId extends string, TPublish, TSubscribe>(
  name: TTopicId,
  schema?: StandardSchema,
): Realtime.Topic.Definition<TTopicId, TPublish, TSubscribe> {
  return Object.freeze({
    name,
    type: () => define(name),
    schema: (schema: StandardSchema) => {
      // Throws a TypeError for what is no Standard Schema, which can only be where nothing checks types.
      schema["~standard"].validate;
      return define(name, schema);
    },
    getSchema: () => schema,
  }) as Realtime.Topic.Definition<TTopicId, TPublish, TSubscribe>;
}
