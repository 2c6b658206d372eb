/**
 * Typed realtime channels: a job publishes messages, and subscribers receive them live, without a loss.
 *
 * Apps, browsers and edge functions import this module. The gateway is in `@tidings/realtime/server`.
 *
 * @example Publish and subscribe
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
 * // In the job:
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * await realtime.publish(uploads("42").progress({ percent: 60 }));
 *
 * // On the app's server, for a user who has signed in:
 * const token = await getSubscriptionToken(realtime, {
 *   channel: uploads("42"),
 *   topics: ["progress"],
 * });
 *
 * // In the browser:
 * for await (const message of await subscribe(token, { from: "start" })) {
 *   if (message.kind === "data") console.log(message.data.percent);
 * }
 * ```
 *
 * @module
 */
export { createRealtime } from "./core/app/create_realtime.ts";
export { getSubscriptionToken } from "./core/app/subscription_token.ts";
export { channel, typeOnlyChannel } from "./core/channel/channel.ts";
export { staticSchema } from "./core/channel/static_schema.ts";
export { topic } from "./core/channel/topic.ts";
export type { Duration } from "./core/protocol/duration.ts";
export {
  RealtimeError,
  type RealtimeErrorCode,
  type SchemaIssue,
} from "./core/protocol/errors.ts";
export type { MessageFrame, MessageKind } from "./core/protocol/frames.ts";
export { subscribe } from "./core/subscribe/subscribe.ts";
export { traceMessage } from "./core/traces/trace_message.ts";
export type {
  AppLike,
  CreateRealtimeOptions,
  FlushOptions,
  InngestClient,
  OtherStreams,
  Publication,
  PublishFn,
  PublishOptions,
  RealtimeApp,
  RequestOptions,
  RetryOptions,
  TokenOptions,
  WaitForReplyOptions,
} from "./core/types/app.ts";
export type {
  ChunkMessage,
  DataMessage,
  RawMessage,
  ReceivedData,
  StreamMessage,
} from "./core/types/message.ts";
export { Realtime } from "./core/types/realtime.ts";
export type { StandardSchema } from "./core/types/standard_schema.ts";
export type {
  Streamed,
  StreamFunction,
  StreamSource,
} from "./core/types/stream.ts";
export type {
  SubscribeOptions,
  TransportChoice,
} from "./core/types/subscribe.ts";
export type {
  Gap,
  ReaderState,
  StateDetails,
} from "./core/types/subscription.ts";
export type {
  From,
  SubscriptionToken,
  TokenInput,
} from "./core/types/token.ts";
export type { TopicDefinition } from "./core/types/topic.ts";
