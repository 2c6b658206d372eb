import { invalidArgument } from "../core/protocol/duration.ts";
import { appOf } from "./app.ts";
import type { TriggerEvent } from "./function_run.ts";
import { publishRunUpdate, readCancelledRun } from "./lifecycle.ts";
import type { RealtimeMiddlewareConfig } from "./inngest.ts";

/** The arguments of an Inngest function that is triggered by `inngest/function.cancelled`. */
export interface CancelledRunArgs {
  /** Inngest's event about the cancelled run. */
  readonly event: TriggerEvent;
}

/**
 * Makes the handler of an Inngest function that publishes `cancelled` for cancelled runs. Only an event of Inngest reports them: the app
 * that ran them is not called again.
 *
 * @param options The options of `realtimeMiddleware`.
 * @throws {RealtimeError} `invalid_argument` without `lifecycle`.
 *
 * @example
 * ```ts
 * import { Inngest } from "inngest";
 * import { cancelledRunHandler, realtimeMiddleware } from "@tidings/realtime/middleware";
 * import type { FunctionRun } from "@tidings/realtime/middleware";
 *
 * const options = {
 *   lifecycle: ({ event }: FunctionRun) => `user:${event.data.userId}`,
 * };
 * const inngest = new Inngest({ id: "my-app", middleware: [realtimeMiddleware(options)] });
 *
 * const cancelled = inngest.createFunction(
 *   { id: "cancelled-runs", triggers: [{ event: "inngest/function.cancelled" }] },
 *   cancelledRunHandler(options),
 * );
 * ```
 */
export function cancelledRunHandler(
  options: RealtimeMiddlewareConfig,
): (args: CancelledRunArgs) => Promise<void> {
  const { lifecycle } = options;
  if (lifecycle === undefined) {
    throw invalidArgument(
      'Cannot publish cancelled runs: the option "lifecycle" is missing',
    );
  }
  const app = appOf(options);
  return async ({ event }) => {
    await publishRunUpdate(app, lifecycle, readCancelledRun(event), {
      status: "cancelled",
    });
  };
}
