/**
 * Resumable streams of assistant-ui, whose bytes the gateway keeps.
 *
 * @example A chat whose answer goes on after a reload
 * ```ts
 * import { createResumableStreamContext } from "assistant-stream/resumable";
 * import { createRealtime } from "@tidings/realtime";
 * import { createResumableStreamStore } from "@tidings/realtime/ai/assistant-ui";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * const store = createResumableStreamStore(realtime);
 * const context = createResumableStreamContext({ store });
 *
 * export function resume(streamId: string) {
 *   return context.resume(streamId);
 * }
 * ```
 *
 * @module
 */
export * from "./adapters/assistant_ui.ts";
export type { AdapterOptions } from "./adapters/channel_for.ts";
