import type { Duration } from "../protocol/duration.ts";
import type { Channel } from "./channel.ts";
import type { Streamed, StreamFunction } from "./stream.ts";
import type { From, Token } from "./token.ts";
import type { ChannelNaming } from "./traces.ts";
import type { MessageInput, Topic, TopicDefinition } from "./topic.ts";
import type { MaybePromise, Mutable, Untyped } from "./utility.ts";

/** Options of `publish`. */
export interface PublishOptions {
  /** The idempotency key: the same key publishes once to the same channel within `keyTtl`, so that a retry is safe. */
  key?: string | undefined;
  /**
   * How long the gateway remembers the key after its first use, in whole seconds: at most a day. Without a `key` it has no effect.
   *
   * @default {"2m"}
   */
  keyTtl?: Duration | undefined;
  /** The run that publishes the message, a ULID. */
  runId?: string | undefined;
  /** The readable id of the function that publishes the message. */
  fnSlug?: string | undefined;
  /** The function that publishes the message, a UUID. */
  fnId?: string | undefined;
  /**
   * The kind of the message.
   *
   * @default {"data"}
   */
  kind?: "data" | "run" | "step" | "event" | undefined;
  /** Any JSON value to attach to the message. */
  metadata?: unknown;
  /**
   * For a data stream: what happens if the topic has another open stream.
   *
   * - `"keep"`: both are open side by side.
   * - `"refuse"`: `publish` rejects with `stream_open`, and nothing is read from the source. A stream whose producer died is open until the
   *   gateway ends it: 60 seconds after its last message, by default.
   * - `"replace"`: the other streams end as if a reader had stopped them.
   *
   * It holds over all gateways of one broker. If two streams begin at the same moment, one of them is open afterwards: the earlier one with
   * `"refuse"`, the later one with `"replace"`. An earlier attempt with the same `key` is replaced or, with `join`, joined.
   *
   * @default {"keep"}
   */
  otherStreams?: OtherStreams | undefined;
  /**
   * For a data stream: whether an open one with the same `key` is joined and not replaced: `publish` resolves at once, with the ids of that one.
   *
   * @default {false}
   */
  join?: boolean | undefined;
  /**
   * For a data stream: called once with its id and that of its start, when the start is in the gateway's log and readers can see it. It is
   * also called for a stream that was published before with the same `key`. What it throws, or its promise rejects with, is passed to
   * `console.warn`; the stream goes on.
   */
  onStart?: ((publication: Publication) => void) | undefined;
  /** Withdraws the message. One that has left already may still be published; the promise rejects at once with `aborted`. */
  signal?: AbortSignal | undefined;
}

/** How the other open streams of a topic are treated when a stream begins. */
export type OtherStreams = "keep" | "refuse" | "replace";

/** Options of `waitForReply`. */
export interface WaitForReplyOptions {
  /**
   * How long to wait for a reply: days as well, or `Infinity`. New subscribers see the question only as long as the gateway keeps messages:
   * 5 minutes by default.
   *
   * @default {"5m"}
   */
  timeout?: Duration | undefined;
  /** Ends the wait; the promise rejects at once with `aborted`. The question remains open. */
  signal?: AbortSignal | undefined;
}

/** Options of `request`. */
export interface RequestOptions extends
  Omit<
    PublishOptions,
    "kind" | "keyTtl" | "signal" | "otherStreams" | "join" | "onStart"
  > {
  /**
   * How long to wait for a reply: days as well, or `Infinity`. New subscribers see the question only as long as the gateway keeps messages:
   * 5 minutes by default.
   *
   * @default {"5m"}
   */
  timeout?: Duration | undefined;
  /**
   * How long the gateway remembers the key after its first use, in whole seconds: at most a day. Without a `key` it has no effect.
   *
   * @default {the timeout, but at least 2 minutes and at most a day}
   */
  keyTtl?: Duration | undefined;
  /** Withdraws the question, or ends the wait; the promise rejects at once with `aborted`. A question that has left remains open. */
  signal?: AbortSignal | undefined;
}

/** The result of a publish. */
export interface Publication {
  /** The id of the message, `<epoch>-<offset>`; for a data stream, the id of its first message. */
  readonly id: string;
  /** For a data stream: the stream's id. */
  readonly streamId?: string;
  /** For a data stream: `true` if a subscriber stopped it. */
  readonly stopped?: true;
}

/**
 * The type of `publish`, with one overload for each of its forms.
 *
 * A call leaves at once. Calls during a request to the gateway wait for its end and leave together, at most 256 messages or 1 MiB in a
 * request, each with a result of its own. Messages of a channel are published in the order of the calls, also without `await`; the place
 * of a message that is given as a promise is where that resolves, and that of a data stream where its first chunk is sent. On Cloudflare
 * Workers, where requests can't share a connection, each call leaves alone: await it where the order matters.
 *
 * @throws {RealtimeError} `invalid_data` if the data, or a chunk, do not match the topic's schema; otherwise the gateway's refusal.
 */
export interface PublishFn {
  /** Publishes a message: `publish(userChannel("1").ai({ … }))`, or `publish({ channel, topic, data })`. */
  (
    message: MaybePromise<MessageInput>,
    options?: PublishOptions,
  ): Promise<Publication>;

  /**
   * Publishes a data stream that subscribers can stop: `publish(userChannel("1").ai, (signal) => llm.stream({ signal }))`. The signal
   * aborts when the stream is no longer wanted.
   */
  <TData>(
    topic: Topic.Ref<TData>,
    data: StreamFunction<NoInfer<TData>>,
    options?: PublishOptions,
  ): Promise<Publication>;

  /** Publishes to a topic: `publish(userChannel("1").ai, { … })`. */
  <TData>(
    topic: Topic.Ref<TData>,
    data: NoInfer<TData> | Streamed<NoInfer<TData>>,
    options?: PublishOptions,
  ): Promise<Publication>;
}

/** The type of `request`. */
export interface RequestFn {
  /**
   * Publishes a question and resolves with its first answer: the data that a subscriber passed to `reply(message, data)`, or the output of
   * the answers' schema. It waits through restarts of the gateway. If the process itself may be restarted meanwhile, publish the question
   * with `publish`, store its id and use `waitForReply`.
   *
   * @example
   * ```ts
   * import { channel, createRealtime, topic } from "@tidings/realtime";
   *
   * const approvals = channel((userId: string) => `approvals:${userId}`)
   *   .addTopic(
   *     topic("approval").type<{ text: string }>()
   *       .reply(topic("decision").type<{ isApproved: boolean }>()),
   *   );
   * const realtime = createRealtime({ url: "http://localhost:8787" });
   *
   * const { isApproved } = await realtime.request(
   *   approvals("42").approval,
   *   { text: "Refund 129 EUR?" },
   *   { timeout: "1m" },
   * );
   * ```
   *
   * @param topic The topic of the question. It must have a `reply`.
   * @throws {RealtimeError} `timeout` if no answer arrives in time; `aborted`; `invalid_data` if the question or the answer does not match
   * its schema; otherwise the gateway's refusal.
   * @throws {RealtimeError} `invalid_argument` if the topic has no `reply`.
   */
  <TTopic extends TopicDefinition<string, Untyped, Untyped, TopicDefinition>>(
    topic: Topic<string, TTopic>,
    data: NoInfer<Topic.InferPublish<TTopic>>,
    options?: RequestOptions,
  ): Promise<Topic.InferSubscribe<Topic.InferReply<TTopic>>>;
}

/** The type of `waitForReply`. */
export interface WaitForReplyFn {
  /**
   * Waits for the first answer to a question that was published before, for example by a process that was restarted since. It resolves as
   * `request` does: at once if the answer is in the gateway's log already.
   *
   * The gateway's log must have kept all that came after the question. Give it as long a history as the longest timeout, and a broker that
   * survives restarts. If the log is lost during the wait, the wait goes on, because a page that shows the question can still answer.
   *
   * @example Ask, store the question's id, and wait for days
   * ```ts
   * import { channel, createRealtime, topic } from "@tidings/realtime";
   *
   * const approvals = channel((userId: string) => `approvals:${userId}`)
   *   .addTopic(
   *     topic("approval").type<{ text: string }>()
   *       .reply(topic("decision").type<{ isApproved: boolean }>()),
   *   );
   * const realtime = createRealtime({ url: "http://localhost:8787" });
   * const { approval } = approvals("42");
   * declare const stored: { load(): string | undefined; save(id: string): void };
   *
   * // The key makes it the same question if the process ends before the id is stored.
   * let id = stored.load();
   * if (id === undefined) {
   *   const options = { key: "refund A-1041", keyTtl: "1d" } as const;
   *   ({ id } = await realtime.publish(approval, { text: "Refund?" }, options));
   *   stored.save(id);
   * }
   * const { isApproved } = await realtime.waitForReply(approval, id, {
   *   timeout: "3d",
   * });
   * ```
   *
   * @param topic The topic of the question. It must have a `reply`.
   * @param id The question's id, which `publish` returned.
   * @throws {RealtimeError} `timeout` if no answer arrives in time; `aborted`; `not_found` if the log, when the wait begins, has no answer
   * and does not reach back to the question, so that the answer may be lost: ask again, with another key; `invalid_argument` for an id of
   * another form; `invalid_data` if the answer does not match its schema; otherwise the gateway's refusal.
   * @throws {RealtimeError} `invalid_argument` if the topic has no `reply`.
   */
  <TTopic extends TopicDefinition<string, Untyped, Untyped, TopicDefinition>>(
    topic: Topic<string, TTopic>,
    id: string,
    options?: WaitForReplyOptions,
  ): Promise<Topic.InferSubscribe<Topic.InferReply<TTopic>>>;
}

/** Options of a token: its topics, its rights and its lifetime. */
export interface TokenOptions<
  TChannel = Channel.Input,
  TTopics extends readonly string[] = readonly string[],
> {
  /** The channel, or its name. */
  channel: TChannel;
  /** The names of the topics. */
  topics: TTopics;
  /**
   * How long the token can be used to connect; at most a day.
   *
   * @default {"60s"}
   */
  expiresIn?: Duration | undefined;
  /**
   * How long the session lasts; at most a day.
   *
   * @default {"1h"}
   */
  sessionExpiresIn?: Duration | undefined;
  /**
   * Topics to which the subscriber may publish: topics of the channel by their names, topics of other channels as `{ channel, topic }`, or
   * `true` for every topic of every channel.
   *
   * @default {none}
   */
  publish?:
    | true
    | readonly (
      | Channel.TopicName<TChannel>
      | Pick<Topic.Ref, "channel" | "topic">
    )[]
    | undefined;
  /**
   * Topics whose data streams the subscriber may stop, in the forms that `publish` has. Neither right includes the other.
   *
   * @default {none}
   */
  stop?: TokenOptions<TChannel>["publish"] | undefined;
  /** The user that the token is for. It becomes the claim `sub`. */
  subject?: string | undefined;
  /** The start of subscriptions that name no other. */
  from?: From | undefined;
}

/** An Inngest client, of version 3 or 4. */
export interface InngestClient {
  /** The tag of Inngest's client classes. */
  readonly [Symbol.toStringTag]: "Inngest.App";
}

/** A client that makes tokens: an app made by `createRealtime`, or an Inngest client. */
export type AppLike = RealtimeApp | InngestClient;

/** Options for the retries of failed requests. */
export interface RetryOptions {
  /**
   * How many times a request is sent at most; 1 means that it is never retried.
   *
   * @default {5}
   */
  attempts?: number | undefined;
  /**
   * The timeout of one attempt, at most a day.
   *
   * @default {"30s"}
   */
  timeout?: Duration | undefined;
}

/** The batching of a data stream's chunks. */
export interface FlushOptions {
  /**
   * How long a chunk waits for more chunks.
   *
   * @default {"16ms", and more in a long stream: as many milliseconds as it has messages so far, at most 250}
   */
  interval?: Duration | undefined;
  /**
   * The number of characters of JSON that are sent without waiting for more.
   *
   * @default {1024}
   */
  chars?: number | undefined;
}

/** Options of `createRealtime`. */
export interface CreateRealtimeOptions extends ChannelNaming {
  /**
   * The gateway's base URL.
   *
   * @default {the environment variable REALTIME_URL; without it `http://localhost:8787`, unless NODE_ENV is `production`}
   */
  url?: string | undefined;
  /**
   * The signing key, the same as the gateway's.
   *
   * @default {the environment variable REALTIME_SIGNING_KEY}
   */
  signingKey?: string | undefined;
  /**
   * The function that sends requests.
   *
   * @default {globalThis.fetch}
   */
  fetch?: typeof fetch | undefined;
  /** The retries of failed requests. */
  retry?: RetryOptions | undefined;
  /** The batching of a data stream's chunks. */
  flush?: FlushOptions | undefined;
}

/** An app as `createRealtime` makes it: it publishes and makes tokens. */
export interface RealtimeApp {
  /** The gateway's base URL. */
  readonly url: string;
  /** Publishes a message. */
  readonly publish: PublishFn;
  /** Publishes a question, and resolves with the first answer. */
  readonly request: RequestFn;
  /** Waits for the first answer to a question that was published before. */
  readonly waitForReply: WaitForReplyFn;
  /** Makes a token for some topics of a channel, without a request to the gateway. */
  token<
    const TChannel extends Channel.Input,
    const TTopics extends readonly Channel.TopicName<TChannel>[],
  >(
    options: TokenOptions<TChannel, TTopics>,
  ): Promise<Token<TChannel, Mutable<TTopics>>>;
  /**
   * Counts the connections that subscribe to a topic, or to any topic of a channel, at all gateways together. An app can skip work that
   * no subscriber would see: `if (await realtime.subscribers(userChannel("1").thumbnails) > 0)`. New subscribers are counted a moment
   * later; those of a crashed gateway count for 30 seconds more.
   *
   * @param target A topic in any form that `publish` accepts, or a channel.
   * @throws {RealtimeError} The gateway's refusal, or `network` if it can't be reached.
   */
  subscribers<const TChannel extends string | Channel>(
    target: TChannel | Topic.Ref | {
      readonly channel: TChannel;
      readonly topic: Channel.TopicName<TChannel>;
    },
  ): Promise<number>;
}

/** The type of `getSubscriptionToken`. */
export type GetSubscriptionTokenFn = <
  const TChannel extends Channel.Input,
  const TTopics extends readonly Channel.TopicName<TChannel>[],
>(
  app: AppLike,
  options: TokenOptions<TChannel, TTopics>,
) => Promise<Token<TChannel, Mutable<TTopics>>>;
