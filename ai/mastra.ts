/**
 * The events of Mastra in the gateway's log, from which its durable agents resume their streams.
 *
 * @example An agent whose answers other processes can observe, also after a reload
 * ```ts
 * import type { Agent } from "@mastra/core/agent";
 * import { createDurableAgent } from "@mastra/core/agent/durable";
 * import { createRealtime } from "@tidings/realtime";
 * import { RealtimePubSub } from "@tidings/realtime/ai/mastra";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * const pubsub = new RealtimePubSub(realtime);
 *
 * export function durable(agent: Agent) {
 *   return createDurableAgent({ agent, pubsub, cache: false });
 * }
 * ```
 *
 * @module
 */
export * from "./adapters/mastra.ts";
export type { AdapterOptions } from "./adapters/channel_for.ts";
