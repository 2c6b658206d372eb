/**
 * Tests code that publishes or subscribes, without sockets: with a gateway in memory that does all that a gateway does.
 *
 * @example A function that publishes
 * ```ts
 * import { channel, topic } from "@tidings/realtime";
 * import type { Realtime } from "@tidings/realtime";
 * import { createTestRealtime } from "@tidings/realtime/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const uploads = channel((userId: string) => `uploads:${userId}`)
 *   .addTopic(topic("progress").type<{ percent: number }>());
 * declare function work(realtime: { publish: Realtime.PublishFn }): Promise<void>;
 *
 * const test = createTestRealtime();
 * await work(test.realtime);
 * assertEquals(await test.messages(uploads("42")), [
 *   { topic: "progress", data: { percent: 50 } },
 *   { topic: "progress", data: { percent: 100 } },
 * ]);
 * await test.close();
 * ```
 *
 * @example A component or function that subscribes
 * ```ts
 * import { getSubscriptionToken, subscribe } from "@tidings/realtime";
 * import { createTestRealtime } from "@tidings/realtime/testing";
 *
 * const test = createTestRealtime();
 * await test.realtime.publish({ channel: "user:1", topic: "ai", data: "Hello" });
 *
 * // The token that the app's server returns: `subscribe` and the hooks reach the gateway in memory with it.
 * const token = await getSubscriptionToken(test.realtime, { channel: "user:1", topics: ["ai"] });
 * for await (const message of await subscribe(token, { from: "start" })) {
 *   console.log(message.data);
 *   break;
 * }
 * await test.close();
 * ```
 *
 * @module
 */
export type { PublishedMessage } from "./testing/published.ts";
export {
  createTestRealtime,
  type TestMessage,
  type TestRealtime,
} from "./testing/test_realtime.ts";
