/**
 * Durable runs of TanStack AI, whose chunks the gateway keeps.
 *
 * @example A run that goes on after a reload
 * ```ts
 * import {
 *   resumeServerSentEventsResponse,
 *   type StreamChunk,
 *   toServerSentEventsResponse,
 * } from "@tanstack/ai";
 * import { createRealtime } from "@tidings/realtime";
 * import { realtimeStream } from "@tidings/realtime/ai/tanstack";
 *
 * declare function answer(request: Request): AsyncIterable<StreamChunk>;
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 *
 * export function POST(request: Request): Response {
 *   const adapter = realtimeStream(realtime, request);
 *   return toServerSentEventsResponse(answer(request), { durability: { adapter } });
 * }
 *
 * export function GET(request: Request): Response {
 *   const adapter = realtimeStream(realtime, request);
 *   return resumeServerSentEventsResponse({ adapter });
 * }
 * ```
 *
 * @module
 */
export * from "./adapters/tanstack_ai.ts";
export type { AdapterOptions } from "./adapters/channel_for.ts";
export type { RunSource } from "./adapters/run_source.ts";
