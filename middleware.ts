/**
 * Publishing inside Inngest functions, and in the handlers of Hono and other web frameworks.
 *
 * @example Inside an Inngest function
 * ```ts
 * import { Inngest } from "inngest";
 * import { realtimeMiddleware } from "@tidings/realtime/middleware";
 *
 * const inngest = new Inngest({ id: "my-app", middleware: [realtimeMiddleware()] });
 *
 * const recommend = inngest.createFunction(
 *   { id: "recommend", triggers: [{ event: "ai/recommendation.requested" }] },
 *   async ({ event, step, publish }) => {
 *     await step.run("generate", async () => {
 *       const channel = `user:${event.data.userId}`;
 *       await publish({ channel, topic: "ai", data: { response: "Read more" } });
 *     });
 *   },
 * );
 * ```
 *
 * @module
 */
export { Realtime } from "./core/types/realtime.ts";
export type { RealtimeOptions } from "./middleware/app.ts";
export * from "./middleware/cancelled_run.ts";
export type { FunctionRun, TriggerEvent } from "./middleware/function_run.ts";
export * from "./middleware/hono.ts";
export * from "./middleware/inngest.ts";
export type * from "./middleware/inngest_types.ts";
export type {
  Lifecycle,
  RunTarget,
  RunUpdate,
} from "./middleware/lifecycle.ts";
export type { AskedToken } from "./middleware/token_request.ts";
export * from "./middleware/token_route.ts";
