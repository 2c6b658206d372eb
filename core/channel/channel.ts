import { RealtimeError } from "../protocol/errors.ts";
import { checkName } from "../protocol/names.ts";
import type { Channel, TopicSchemas } from "../types/channel.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type { Topic, TopicDefinition, Topics } from "../types/topic.ts";
import { topic } from "./topic.ts";

/** A channel's name, or the function that returns it. */
type Name = string | ((...args: never) => string);

/** The names of {@linkcode ReservedTopicName}. */
const RESERVED = /^(name|topics|then|toJSON|__proto__)$/;

/**
 * Defines a channel, or channels of the same topics whose names a function returns. Definitions never change: `addTopic` returns another one.
 * Call the definition to get a channel.
 *
 * @example
 * ```ts
 * import { channel, topic } from "@tidings/realtime";
 *
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 * const message = await userChannel("123").ai({ response: "Hello" });
 * ```
 */
export const channel: Channel.Builder = defineChannel as Channel.Builder;

function defineChannel(
  input: Name | { readonly name: Name; readonly topics: TopicSchemas },
): Channel.Definition | Channel {
  if (typeof input !== "object" || input === null) return define(input, NONE);
  const { name, topics } = input;
  let all = NONE;
  for (const [key, { schema }] of Object.entries(topics)) {
    all = withTopic(all, topic(key).schema(schema));
  }
  // In an object literal, __proto__ sets the prototype, and this schema is then inherited from it.
  if (topics.schema && "~standard" in topics.schema) {
    withTopic(all, topic("__proto__"));
  }
  return typeof name === "string" ? make(name, all) : define(name, all);
}

/**
 * Makes a channel of its name and the type of its definition, as in a browser that does not load the code of the definition. It has every
 * topic of the type; schemas are not applied.
 *
 * @example
 * ```ts
 * import { channel, topic, typeOnlyChannel } from "@tidings/realtime";
 *
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 *
 * const message = await typeOnlyChannel<typeof userChannel>("user:123").ai({
 *   response: "Hello",
 * });
 * ```
 *
 * @param name The channel's name, one that the definition could return.
 * @throws {RealtimeError} `invalid_name`.
 */
export function typeOnlyChannel<TDefinition extends Channel.Definition>(
  name: Channel.InferId<TDefinition>,
): Channel.Definition.AsChannel<TDefinition> {
  const made = make(name, withEvery(NONE, topic));
  return withEvery(
    made,
    (key) => accessor(name, topic(key)),
  ) as Channel.Definition.AsChannel<TDefinition>;
}

/** Returns an object that has every property that can be the name of a topic. */
function withEvery<T extends object>(
  target: T,
  get: (name: string) => unknown,
): T {
  return new Proxy(target, {
    get: (target, key) =>
      typeof key === "symbol" || RESERVED.test(key)
        ? Reflect.get(target, key)
        : get(key),
  });
}

/**
 * Returns the name of a channel that is given by its name or as a channel.
 *
 * @throws {RealtimeError} `invalid_name`, also for a definition, which is no channel until it is called.
 */
export function channelName(channel: unknown): string {
  return checkName(
    "channel",
    typeof channel === "object" ? Object(channel).name : channel,
  );
}

/**
 * Returns the schema of a channel's topic, for a channel of this package or of an Inngest SDK; `undefined` if the channel is only a name,
 * the topic has none, or the channel comes from JSON, which keeps no schemas.
 */
export function topicSchema(
  channel: unknown,
  topic: string,
): StandardSchema | undefined {
  const definition = Object(Object(channel).topics?.[topic]);
  const schema = definition.getSchema
    ? definition.getSchema()
    : definition.schema;
  return schema?.["~standard"]?.validate && schema;
}

// It has no prototype, in which a topic that is not defined would be found.
const NONE: Topics = Object.freeze({ __proto__: null }) as never;

function withTopic(topics: Topics, added: TopicDefinition): Topics {
  const name = checkName("topic", added.name);
  if (RESERVED.test(name)) {
    throw new RealtimeError(
      "invalid_name",
      `Cannot use the topic: "${name}" is reserved`,
    );
  }
  const reply = added.getReply();
  return Object.freeze({
    __proto__: null,
    ...reply ? withTopic(topics, reply) : topics,
    [name]: added,
  }) as never;
}

function define(name: Name, topics: Topics): Channel.Definition {
  if (typeof name !== "function") checkName("channel", name);
  return Object.freeze(Object.assign(
    (...args: never) =>
      make(typeof name === "function" ? name(...args) : name, topics),
    {
      topics,
      addTopic: (added: TopicDefinition) =>
        define(name, withTopic(topics, added)),
    },
  )) as Channel.Definition;
}

function make(name: string, topics: Topics): Channel {
  const made: Record<string, unknown> = {
    name: checkName("channel", name),
    topics,
  };
  for (const definition of Object.values(topics)) {
    made[definition.name] = accessor(name, definition);
  }
  return Object.freeze(made) as Channel;
}

function accessor(channel: string, definition: TopicDefinition): Topic {
  const topic = definition.name;
  const schema = definition.getSchema();
  const reply = definition.getReply();
  return Object.freeze(Object.assign(
    // It returns a promise, as in `@inngest/realtime`. `publish` checks the data, so that subscribers load no code for it.
    (data: unknown) =>
      Promise.resolve({
        channel,
        topic,
        data,
        ...schema && { schema },
        ...reply && { replyTopic: reply.name },
      }),
    { channel, topic, config: { schema }, reply },
  )) as Topic;
}
