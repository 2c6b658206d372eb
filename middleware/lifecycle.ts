import { channelName } from "../core/channel/channel.ts";
import type { RealtimeApp } from "../core/types/realtime.ts";
import { property } from "./async_context.ts";
import {
  type FunctionRun,
  isFailureHandler,
  messageKey,
  type PublishingRun,
  runFields,
  type TriggerEvent,
} from "./function_run.ts";
import { DEFAULT_ATTEMPTS, retryWindow } from "./retry_window.ts";

/** The channel, or a topic of it, for messages about a run. The channel is given by its name or as a typed channel. */
export type RunTarget =
  | string
  | { readonly name: string }
  | {
    readonly channel: string | { readonly name: string };
    /**
     * The topic.
     *
     * @default {"$run"}
     */
    readonly topic?: string | undefined;
  };

/** The target for messages about runs, or a function that returns one for each run; `undefined` publishes nothing. */
export type Lifecycle =
  | RunTarget
  | ((run: FunctionRun) => RunTarget | undefined);

/** The data of a message about a run, which has the kind `run`. The hook `useRealtime` reads it. */
export type RunUpdate =
  | { readonly status: "running" | "cancelled" }
  | { readonly status: "completed"; readonly result: unknown }
  | {
    readonly status: "failed";
    readonly error: { readonly name: string; readonly message: string };
  };

/** Publishes the status of a run. It never rejects. */
export type ReportRun = (
  run: PublishingRun,
  update: RunUpdate,
) => Promise<void>;

/** Makes the function that publishes the status of runs, if the app has a target for it. Failures are passed to `onError`. */
export function createReportRun(
  app: RealtimeApp,
  lifecycle: Lifecycle | undefined,
  onError: (error: unknown) => void,
): ReportRun {
  return async (run, update) => {
    if (lifecycle === undefined || isFailureHandler(run)) return;
    try {
      await publishRunUpdate(app, lifecycle, run, update);
    } catch (error) {
      onError(error);
    }
  };
}

/** Publishes the status of a run. Each status of a run is published once, also if Inngest reports it several times. */
export async function publishRunUpdate(
  app: RealtimeApp,
  lifecycle: Lifecycle,
  run: PublishingRun,
  update: RunUpdate,
): Promise<void> {
  const { keyTtl: _, ...shown } = run;
  const target = typeof lifecycle === "function" ? lifecycle(shown) : lifecycle;
  if (target === undefined) return;
  // A typed channel may have a topic named "channel": its name is looked at first.
  const isChannel = typeof target === "string" || "name" in target;
  const channel = channelName(isChannel ? target : target.channel);
  const { topic = "$run" } = isChannel ? {} : target;
  await app.publish({ channel, topic, data: update }, {
    ...await runFields(run),
    kind: "run",
    key: await messageKey([run.runId, "run", update.status]),
  });
}

/** Returns the part of an error that is published: no stack, which must not reach browsers. */
export function toRunError(error: unknown): { name: string; message: string } {
  return {
    name: String(property(error, "name") ?? "Error"),
    message: String(property(error, "message") ?? error),
  };
}

/** Reads the run from Inngest's event about a cancelled run. */
export function readCancelledRun(event: TriggerEvent): PublishingRun {
  const { run_id, function_id, event: cause } = Object(event.data);
  return {
    runId: String(run_id),
    functionId: String(function_id ?? ""),
    event: { name: String(cause?.name), data: cause?.data },
    keyTtl: retryWindow(DEFAULT_ATTEMPTS),
  };
}
