import { RealtimeError } from "../protocol/errors.ts";
import { checkName } from "../protocol/names.ts";
import type {
  SchemaInput,
  SchemaOutput,
  StandardSchema,
} from "../types/standard_schema.ts";
import { topic } from "./topic.ts";
import type { Realtime, Untyped } from "../types/realtime.ts";

/** The topics of a channel as Inngest's version 4 writes them. */
export type TopicSchemas = Readonly<
  Record<string, { readonly schema: StandardSchema }>
>;

/** The definitions of topics that are written as in Inngest's version 4. */
export type TopicsOf<TSchemas extends TopicSchemas> = {
  readonly [K in keyof TSchemas & string]: Realtime.Topic.Definition<
    K,
    SchemaInput<TSchemas[K]["schema"]>,
    SchemaOutput<TSchemas[K]["schema"]>
  >;
};

/** A channel's name, or the function that gives it. */
type Name = string | ((...args: never) => string);

/**
 * What can't name a topic: the channel's own properties; what would make the channel a promise or a thing that says how it becomes
 * JSON; what leads to an object's prototype. Any other name works.
 */
const RESERVED = /^(name|topics|then|toJSON|__proto__)$/;

/** Stands for topics that are still to be added. */
export type NoSchemas = Readonly<
  Record<string, { readonly schema: StandardSchema<Untyped> }>
>;

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
): Realtime.Channel.Definition<(...args: TArgs) => TId, TopicsOf<TSchemas>>;
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
): Realtime.Channel.Definition<() => TId>;
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
): Realtime.Channel<TId, TopicsOf<TSchemas>>;
export function channel(
  input: Name | { readonly name: Name; readonly topics: TopicSchemas },
): Realtime.Channel.Definition | Realtime.Channel {
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
  TDefinition extends Realtime.Channel.Definition,
>(
  name: Realtime.Channel.InferId<TDefinition>,
): Realtime.Channel.Definition.AsChannel<TDefinition>;
export function typeOnlyChannel(name: string): Realtime.Channel {
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
  const topics: Realtime.Topics | undefined = Object(channel).topics;
  return topics?.[topic]?.getSchema();
}

// Without a prototype, so that a topic that isn't there is not found in one.
const NONE: Realtime.Topics = Object.freeze({ __proto__: null }) as never;

function withTopic(
  topics: Realtime.Topics,
  added: Realtime.Topic.Definition,
): Realtime.Topics {
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
  topics: Realtime.Topics,
): Realtime.Channel.Definition {
  if (typeof name !== "function") checkName("channel", name);
  return Object.freeze(Object.assign(
    (...args: never) =>
      make(typeof name === "function" ? name(...args) : name, topics),
    {
      topics,
      addTopic: (added: Realtime.Topic.Definition) =>
        define(name, withTopic(topics, added)),
    },
  )) as Realtime.Channel.Definition;
}

function make(name: string, topics: Realtime.Topics): Realtime.Channel {
  const made: Record<string, unknown> = {
    name: checkName("channel", name),
    topics,
  };
  for (const definition of Object.values(topics)) {
    made[definition.name] = accessor(name, definition);
  }
  return Object.freeze(made) as Realtime.Channel;
}

function accessor(
  channel: string,
  definition: Realtime.Topic.Definition,
): Realtime.Topic {
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
  )) as Realtime.Topic;
}
