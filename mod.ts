/**
 * Typed realtime channels: publish from a job, watch it live, lose nothing.
 *
 * This is what an app, a browser or an edge function imports. The gateway is in `@tidings/realtime/server`.
 *
 * @example Publish and watch
 * ```ts
 * import {
 *   channel,
 *   createRealtime,
 *   getSubscriptionToken,
 *   subscribe,
 *   topic,
 * } from "@tidings/realtime";
 *
 * const uploads = channel((userId: string) => `uploads:${userId}`)
 *   .addTopic(topic("progress").type<{ percent: number }>());
 *
 * // Where the work is done:
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * await realtime.publish(uploads("42").progress({ percent: 60 }));
 *
 * // Behind the app's own sign-in:
 * const token = await getSubscriptionToken(realtime, {
 *   channel: uploads("42"),
 *   topics: ["progress"],
 * });
 *
 * // Where it is watched:
 * for await (const message of await subscribe(token, { from: "start" })) {
 *   if (message.kind === "data") console.log(message.data.percent);
 * }
 * ```
 *
 * @module
 */
export type {
  AppLike,
  CreateRealtimeOptions,
  GetSubscriptionTokenFn,
  InngestClient,
  Mutable,
  Publication,
  PublishFn,
  PublishOptions,
  RealtimeApp,
  RequestFn,
  RequestOptions,
  SubscribeFn,
  TokenOptions,
} from "./core/api_types.ts";
export {
  channel,
  type NoSchemas,
  type TopicSchemas,
  type TopicsOf,
  typeOnlyChannel,
} from "./core/channel.ts";
export type { FlushOptions } from "./core/chunk_queue.ts";
export type { TransportChoice } from "./core/connection.ts";
export {
  RealtimeError,
  type RealtimeErrorCode,
  type RealtimeErrorOptions,
  type SchemaIssue,
} from "./core/errors.ts";
export type { MessageFrame, MessageKind } from "./core/frame.ts";
export type { RetryOptions } from "./core/http.ts";
export type {
  ChunkMessage,
  DataMessage,
  MessageBase,
  MessageInput,
  RawMessage,
  StreamMessage,
} from "./core/message_types.ts";
export type { ReaderState } from "./core/reader.ts";
export { createRealtime } from "./core/realtime.ts";
export { staticSchema } from "./core/static_schema.ts";
export type {
  SchemaInput,
  SchemaOutput,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "./core/standard_schema.ts";
export type { StreamPlace } from "./core/send.ts";
export { subscribe } from "./core/subscribe.ts";
export type {
  From,
  Gap,
  ReplyData,
  SubscribeOptions,
  SubscribeTarget,
  SubscriptionControls,
  SubscriptionSenders,
  SubscriptionToken,
} from "./core/subscribe_types.ts";
export { getSubscriptionToken } from "./core/subscription_token.ts";
export type { TopicClaim } from "./core/token.ts";
export { topic } from "./core/topic.ts";
export type { TopicDefinition } from "./core/topic_types.ts";
export {
  type MaybePromise,
  Realtime,
  type ReservedTopicName,
  type Streamed,
  type StreamFunction,
  type StreamSource,
  type Untyped,
} from "./core/types.ts";
