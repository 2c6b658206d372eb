/**
 * The types that signatures of `@tidings/realtime` are made of. An app seldom names them; a library that exports channels or wraps
 * `publish` may.
 *
 * @module
 */
export type { RealtimeErrorOptions } from "../protocol/errors.ts";
export type * from "./app.ts";
export type * from "./async_closing.ts";
export type { NoSchemas, TopicSchemas, TopicsOf } from "./channel.ts";
export type * from "./inngest_v4.ts";
export type { MessageBase } from "./message.ts";
export type * from "./standard_schema.ts";
export type * from "./stream.ts";
export type {
  SubscribedToken,
  SubscribeFn,
  SubscribeTarget,
} from "./subscribe.ts";
export type * from "./subscription.ts";
export type { TokenForm } from "./token.ts";
export type { MessageInput, ReservedTopicName, TopicSchema } from "./topic.ts";
export type * from "./traces.ts";
export type * from "./utility.ts";
