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
} from "./core/types/app.ts";
export {
  channel,
  type NoSchemas,
  type TopicSchemas,
  type TopicsOf,
  typeOnlyChannel,
} from "./core/channel/channel.ts";
export type { FlushOptions } from "./core/publish/chunk_queue.ts";
export type { TransportChoice } from "./core/subscribe/connection.ts";
export {
  RealtimeError,
  type RealtimeErrorCode,
  type RealtimeErrorOptions,
  type SchemaIssue,
} from "./core/protocol/errors.ts";
export type { MessageFrame, MessageKind } from "./core/protocol/frames.ts";
export type { RetryOptions } from "./core/http/request.ts";
export type {
  ChunkMessage,
  DataMessage,
  MessageBase,
  MessageInput,
  RawMessage,
  StreamMessage,
} from "./core/types/message.ts";
export type { ReaderState } from "./core/subscribe/message_reader.ts";
export { createRealtime } from "./core/app/create_realtime.ts";
export { staticSchema } from "./core/channel/static_schema.ts";
export type {
  SchemaInput,
  SchemaOutput,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "./core/types/standard_schema.ts";
export type { StreamPlace } from "./core/subscribe/send.ts";
export { subscribe } from "./core/subscribe/subscribe.ts";
export type {
  From,
  Gap,
  ReplyData,
  SubscribeOptions,
  SubscribeTarget,
  SubscriptionControls,
  SubscriptionSenders,
  SubscriptionToken,
} from "./core/types/subscribe.ts";
export { getSubscriptionToken } from "./core/app/subscription_token.ts";
export type { TopicClaim } from "./core/protocol/token.ts";
export { topic } from "./core/channel/topic.ts";
export type { TopicDefinition } from "./core/types/topic.ts";
export {
  type MaybePromise,
  Realtime,
  type ReservedTopicName,
  type Streamed,
  type StreamFunction,
  type StreamSource,
  type Untyped,
} from "./core/types/realtime.ts";
