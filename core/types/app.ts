import type { FlushOptions } from "../publish/chunk_queue.ts";
import type { RetryOptions } from "../http/request.ts";
import type { From } from "./subscribe.ts";
import type { TopicClaim } from "../protocol/token.ts";
import type {
  MaybePromise,
  Realtime,
  Streamed,
  StreamFunction,
  Untyped,
} from "./realtime.ts";

/** How to publish. */
export interface PublishOptions {
  /** Makes a repetition safe: within 2 minutes the same key on the same channel publishes once. */
  key?: string;
  /** The run that publishes, a ULID. */
  runId?: string;
  /** The function that publishes, by its readable id. */
  fnSlug?: string;
  /** The function that publishes, a UUID. */
  fnId?: string;
  /**
   * What sort of message it is.
   *
   * @default {"data"}
   */
  kind?: "data" | "run" | "step" | "event";
  /** Anything of JSON that goes along with the message. */
  metadata?: unknown;
  /** Gives up. */
  signal?: AbortSignal;
}

/** How to ask, and how long to wait for an answer. */
export interface RequestOptions extends Omit<PublishOptions, "kind"> {
  /**
   * Milliseconds to wait. Beyond what the gateway keeps messages for, 5 minutes by default, nobody new sees the question.
   *
   * @default {300000}
   */
  timeout?: number;
}

/** What was published. */
export interface Publication {
  /** The message's id, `<epoch>-<offset>`; of a data stream, that of its start. */
  readonly id: string;
  /** The stream's id, of a data stream. */
  readonly streamId?: string;
  /** `true` for a data stream that a reader stopped. */
  readonly stopped?: true;
}

/** Publishes, in its forms. */
export interface PublishFn {
  /**
   * Publishes a message: `publish(userChannel("1").ai({ … }))`, or `publish({ channel, topic, data })`.
   *
   * @throws {RealtimeError} `invalid_data` for data that don't match the topic's schema; what the gateway refuses it for.
   */
  (
    message: MaybePromise<Realtime.Message.Input>,
    options?: PublishOptions,
  ): Promise<Publication>;

  /**
   * Publishes a data stream that readers can stop: `publish(userChannel("1").ai, (signal) => llm.stream({ signal }))`. The signal
   * aborts when nobody wants more of it.
   *
   * @throws {RealtimeError} `invalid_data` for pieces that don't match the topic's schema; what the gateway refuses it for.
   */
  <TData>(
    topic: Realtime.Topic.Ref<TData>,
    data: StreamFunction<NoInfer<TData>>,
    options?: PublishOptions,
  ): Promise<Publication>;

  /**
   * Publishes to a topic: `publish(userChannel("1").ai, { … })`.
   *
   * @throws {RealtimeError} `invalid_data` for data that don't match the topic's schema; what the gateway refuses it for.
   */
  <TData>(
    topic: Realtime.Topic.Ref<TData>,
    data: NoInfer<TData> | Streamed<NoInfer<TData>>,
    options?: PublishOptions,
  ): Promise<Publication>;
}

/** What `request` is. */
export interface RequestFn {
  /**
   * Publishes a question and resolves with its answer: what the first subscriber to call `reply(message, data)` gave, as the schema of
   * the answers' topic makes it.
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
   *   { timeout: 60_000 },
   * );
   * ```
   *
   * @param topic The topic to ask in, one that has a `reply`.
   * @param data The question.
   * @throws {RealtimeError} `timeout` where nobody answers in time; `aborted`; `invalid_data` for a question, or an answer, that doesn't
   * match its schema; what the gateway refuses the question for.
   * @throws {TypeError} For a topic without `reply`.
   */
  <
    TTopic extends Realtime.Topic.Definition<
      string,
      Untyped,
      Untyped,
      Realtime.Topic.Definition
    >,
  >(
    topic: Realtime.Topic<string, TTopic>,
    data: NoInfer<Realtime.Topic.InferPublish<TTopic>>,
    options?: RequestOptions,
  ): Promise<
    Realtime.Topic.InferSubscribe<Realtime.Topic.InferReply<TTopic>>
  >;
}

/** What a token is for, and for how long. */
export interface TokenOptions<
  TChannel extends string | Realtime.Channel = string | Realtime.Channel,
  TTopics extends readonly string[] = readonly string[],
> {
  /** The channel, or its name. */
  channel: TChannel;
  /** The names of the topics. */
  topics: TTopics;
  /**
   * Seconds in which it must be used to connect, at most a day.
   *
   * @default {60}
   */
  expiresIn?: number;
  /**
   * Seconds that the session lasts, at most a day.
   *
   * @default {3600}
   */
  sessionExpiresIn?: number;
  /**
   * Topics that its owner may publish to: those of the channel by their names, of another as `{ channel, name }`; `true` for every topic
   * of every channel.
   *
   * @default {none}
   */
  publish?:
    | true
    | readonly (Realtime.Channel.TopicName<TChannel> | TopicClaim)[];
  /** The user. */
  sub?: string;
  /** Where a subscription with it starts, unless it says so itself. */
  from?: From;
}

/** Without `readonly`, as a token's topics always were. */
export type Mutable<T extends readonly unknown[]> = {
  -readonly [K in keyof T]: T[K];
};

/** An Inngest client, of version 3 or 4. */
export interface InngestClient {
  /** What Inngest's classes call themselves. */
  readonly [Symbol.toStringTag]: "Inngest.App";
}

/** What makes tokens. */
export type AppLike = RealtimeApp | InngestClient;

/** How an app reaches the gateway. */
export interface CreateRealtimeOptions {
  /**
   * The gateway's base URL.
   *
   * @default {the environment variable REALTIME_URL}
   */
  url?: string;
  /**
   * The key that the gateway has too.
   *
   * @default {the environment variable REALTIME_SIGNING_KEY}
   */
  signingKey?: string;
  /**
   * What requests are made with.
   *
   * @default {globalThis.fetch}
   */
  fetch?: typeof fetch;
  /** How failed requests are repeated. */
  retry?: RetryOptions;
  /** How the chunks of a data stream are put together. */
  flush?: FlushOptions;
}

/** What `createRealtime` makes: it publishes and mints tokens. */
export interface RealtimeApp {
  /** The gateway's base URL. */
  readonly url: string;
  /** Publishes a message. */
  readonly publish: PublishFn;
  /** Asks who subscribes to a topic, and resolves with the first answer. */
  readonly request: RequestFn;
  /** Makes a token for some topics of a channel, without asking the gateway. */
  token<
    const TChannel extends string | Realtime.Channel,
    const TTopics extends readonly Realtime.Channel.TopicName<TChannel>[],
  >(
    options: TokenOptions<TChannel, TTopics>,
  ): Promise<Realtime.Subscribe.Token<TChannel, Mutable<TTopics>>>;
  /**
   * Asks how many connections follow a topic now, or any topic of a channel, at all gateways together: where nobody does, work that is
   * only for them may be left out. Who begins to follow is counted a moment later; a gateway that died counts for 30 seconds more.
   *
   * @example
   * ```ts
   * import { channel, createRealtime, topic } from "@tidings/realtime";
   *
   * const userChannel = channel((userId: string) => `user:${userId}`)
   *   .addTopic(topic("thumbnails").type<{ url: string }>());
   * const realtime = createRealtime();
   * if (await realtime.subscribers(userChannel("1").thumbnails) > 0) {
   *   // Somebody looks: it is worth the work.
   * }
   * ```
   *
   * @param target The topic, as `publish` takes it, or a channel.
   * @throws {RealtimeError} The gateway's refusal, or that it can't be reached.
   */
  subscribers<const TChannel extends string | Realtime.Channel>(
    target: TChannel | Realtime.Topic.Ref | {
      readonly channel: TChannel;
      readonly topic: Realtime.Channel.TopicName<TChannel>;
    },
  ): Promise<number>;
}

/** What `getSubscriptionToken` is. */
export type GetSubscriptionTokenFn = <
  const TChannel extends string | Realtime.Channel,
  const TTopics extends readonly Realtime.Channel.TopicName<TChannel>[],
>(
  app: AppLike,
  options: TokenOptions<TChannel, TTopics>,
) => Promise<Realtime.Subscribe.Token<TChannel, Mutable<TTopics>>>;

/** What `subscribe` is. */
export interface SubscribeFn {
  /** Subscribes with a token, or with a function that gets one whenever it is needed. */
  <const TToken extends Realtime.Subscribe.Token>(
    token: TToken | (() => MaybePromise<TToken>),
    options?:
      | Realtime.Subscribe.Callback<TToken>
      | Realtime.Subscribe.Options<TToken>,
  ): Promise<Realtime.Subscribe.StreamSubscription<TToken>>;

  /** Subscribes on a server, which makes the token itself. */
  <
    const TChannel extends string | Realtime.Channel,
    const TTopics extends readonly Realtime.Channel.TopicName<TChannel>[],
  >(
    target: Realtime.Subscribe.Target<TChannel, TTopics>,
    options?:
      | Realtime.Subscribe.Callback<
        Realtime.Subscribe.Token<TChannel, Mutable<TTopics>>
      >
      | Realtime.Subscribe.Options<
        Realtime.Subscribe.Token<TChannel, Mutable<TTopics>>
      >,
  ): Promise<
    Realtime.Subscribe.StreamSubscription<
      Realtime.Subscribe.Token<TChannel, Mutable<TTopics>>
    >
  >;
}
