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
export { channel, typeOnlyChannel } from "./core/channel.ts";
export {
  RealtimeError,
  type RealtimeErrorCode,
  type RealtimeErrorOptions,
  type SchemaIssue,
} from "./core/errors.ts";
export { createRealtime } from "./core/realtime.ts";
export { getSubscriptionToken } from "./core/subscription_token.ts";
export { subscribe } from "./core/subscribe.ts";
export { staticSchema } from "./core/schema.ts";
export { topic } from "./core/topic.ts";
export { Realtime } from "./core/types.ts";
