import { RealtimeError } from "../protocol/errors.ts";
import { checkName } from "../protocol/names.ts";
import type {
  Channel,
  NoSchemas,
  TopicSchemas,
  TopicsOf,
} from "../types/channel.ts";
import type { StandardSchema } from "../types/standard_schema.ts";
import type { Topic, TopicDefinition, Topics } from "../types/topic.ts";
import { topic } from "./topic.ts";

/** A channel's name, or the function that gives it. */
type Name = string | ((...args: never) => string);

/**
 * What can't name a topic: the channel's own properties; what would make the channel a promise or a thing that says how it becomes
 * JSON; what leads to an object's prototype. Any other name works.
 */
const RESERVED = /^(name|topics|then|toJSON|__proto__)$/;

/**
 * Defines channels of the same topics, each with a name of its own. Add topics, then call the definition to get a channel.
 *
 * Definitions never change: `addTopic` returns another. In the form of Inngest's version 4 the topics come along.
 *
 * @example
 * ```ts
 * import { channel, topic } from "@tidings/realtime";
 *
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 * const message = await userChannel("123").ai({ response: "Hello" });
 * ```
 *
 * @param name Gives the name, from whatever the definition is called with: 1 to 255 bytes, no control characters.
 * @throws {RealtimeError} `invalid_name` for a topic called `name`, `topics`, `then`, `toJSON` or `__proto__`.
 */
// One signature for both forms: a function's type is found with the first signature, and is to keep the parts of its template.
export function channel<
  TArgs extends unknown[],
  const TId extends string,
  const TSchemas extends TopicSchemas = NoSchemas,
>(
  name: ((...args: TArgs) => TId) | {
    readonly name: (...args: TArgs) => TId;
    readonly topics: TSchemas;
  },
): Channel.Definition<(...args: TArgs) => TId, TopicsOf<TSchemas>>;
/**
 * Defines a channel. Add topics, then call the definition to get the channel.
 *
 * @example
 * ```ts
 * import { channel, topic } from "@tidings/realtime";
 *
 * const logsChannel = channel("logs").addTopic(topic("info").type<string>());
 * const message = await logsChannel().info("All went well");
 * ```
 *
 * @param name The name: 1 to 255 bytes, no control characters.
 * @throws {RealtimeError} `invalid_name`.
 */
export function channel<const TId extends string>(
  name: TId,
): Channel.Definition<() => TId>;
/**
 * Makes a channel, in the form of Inngest's version 4.
 *
 * @param options The name, and the schemas of the topics.
 * @throws {RealtimeError} `invalid_name`, also for a topic called `name`, `topics`, `then`, `toJSON` or `__proto__`.
 */
export function channel<
  const TId extends string,
  const TSchemas extends TopicSchemas,
>(
  options: { readonly name: TId; readonly topics: TSchemas },
): Channel<TId, TopicsOf<TSchemas>>;
export function channel(
  input: Name | { readonly name: Name; readonly topics: TopicSchemas },
): Channel.Definition | Channel {
  if (typeof input !== "object" || input === null) return define(input, NONE);
  const { name, topics } = input;
  let all = NONE;
  for (const [key, { schema }] of Object.entries(topics)) {
    all = withTopic(all, topic(key).schema(schema));
  }
  // In a literal, __proto__ names no topic: it sets the prototype, from which this comes then.
  if (topics.schema && "~standard" in topics.schema) {
    withTopic(all, topic("__proto__"));
  }
  return typeof name === "string" ? make(name, all) : define(name, all);
}

/**
 * A channel where only the type of its definition is known, as in a browser that doesn't load the code with the definition: by its
 * name. It has every topic of the type; schemas are not applied.
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
 * @param name The channel's name, one that the definition could give.
 * @throws {RealtimeError} `invalid_name`.
 */
export function typeOnlyChannel<
  TDefinition extends Channel.Definition,
>(
  name: Channel.InferId<TDefinition>,
): Channel.Definition.AsChannel<TDefinition>;
export function typeOnlyChannel(name: string): Channel {
  return new Proxy(make(name, NONE), {
    get: (target, key) =>
      typeof key === "symbol" || RESERVED.test(key)
        ? Reflect.get(target, key)
        : accessor(name, topic(key)),
  });
}

/**
 * The name of a channel that is given by its name or as a channel.
 *
 * @throws {RealtimeError} `invalid_name`, also for a definition, which is no channel until it is called.
 */
export function channelName(channel: unknown): string {
  return checkName(
    "channel",
    typeof channel === "object" ? Object(channel).name : channel,
  );
}

/** The schema of a channel's topic; `undefined` where the channel is only a name, or the topic has none. */
export function topicSchema(
  channel: unknown,
  topic: string,
): StandardSchema | undefined {
  const topics: Topics | undefined = Object(channel).topics;
  return topics?.[topic]?.getSchema();
}

// Without a prototype, so that a topic that isn't there is not found in one.
const NONE: Topics = Object.freeze({ __proto__: null }) as never;

function withTopic(
  topics: Topics,
  added: TopicDefinition,
): Topics {
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

function define(
  name: Name,
  topics: Topics,
): Channel.Definition {
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

function accessor(
  channel: string,
  definition: TopicDefinition,
): Topic {
  const topic = definition.name;
  const schema = definition.getSchema();
  const reply = definition.getReply();
  return Object.freeze(Object.assign(
    // A promise, as in `@inngest/realtime`. What publishes checks the data: who only subscribes needs no code for it.
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
