import { invalidArgument } from "../protocol/duration.ts";
import { checkName } from "../protocol/names.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type { TopicDefinition } from "../types/topic.ts";
import { staticSchema } from "./static_schema.ts";

/**
 * Defines a topic that channels can have.
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
): TopicDefinition<TTopicId> {
  checkName("topic", name);
  return define(name);
}

function define<TTopicId extends string, TPublish, TSubscribe, TReply>(
  name: TTopicId,
  schema?: StandardSchema,
  answer?: TopicDefinition,
): TopicDefinition<TTopicId, TPublish, TSubscribe, TReply> {
  return Object.freeze({
    name,
    type: () => define(name, undefined, answer),
    schema: Object.assign((schema: StandardSchema) => {
      if (!schema?.["~standard"]) {
        throw invalidArgument(
          `Cannot use the topic "${name}": it has no Standard Schema`,
        );
      }
      return define(name, schema, answer);
      // Inngest's SDK of version 4 takes the function itself for the topic's schema.
    }, { "~standard": (schema ?? staticSchema())["~standard"] }),
    reply: (answer: TopicDefinition) => define(name, schema, answer),
    getSchema: () => schema,
    getReply: () => answer,
  }) as TopicDefinition<TTopicId, TPublish, TSubscribe, TReply>;
}
