import type { Realtime, RealtimeApp } from "../core/types/realtime.ts";
import { property } from "./async_context.ts";
import {
  type FunctionRun,
  messageKey,
  runFields,
  type TriggerEvent,
} from "./function_run.ts";

/** The topic of run messages, unless the app says another. */
export const RUN_TOPIC = "$run";

/** Where a run's messages go: a channel, by its name or typed; or one of its topics. */
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
    readonly topic?: string;
  };

/** Where a run's messages go; `undefined` where nobody wants to know. */
export type Lifecycle =
  | RunTarget
  | ((run: FunctionRun) => RunTarget | undefined);

/** What is published about a run, as a message of the kind `run`. The hook `useRealtime` reads it. */
export type RunUpdate =
  | { readonly status: "running" | "cancelled" }
  | { readonly status: "completed"; readonly result: unknown }
  | {
    readonly status: "failed";
    readonly error: { readonly name: string; readonly message: string };
  };

/**
 * Publishes how a run stands. A status is published once in a run, also if Inngest comes by it several times.
 */
export async function publishRunUpdate(
  app: RealtimeApp,
  lifecycle: Lifecycle,
  run: FunctionRun,
  update: RunUpdate,
): Promise<void> {
  const target = typeof lifecycle === "function" ? lifecycle(run) : lifecycle;
  if (target === undefined) return;
  const { channel, topic = RUN_TOPIC } = readTarget(target);
  const message: Realtime.Message.Input = { channel, topic, data: update };
  await app.publish(message, {
    ...await runFields(run),
    kind: "run",
    key: await messageKey([run.runId, "run", update.status]),
  });
}

function readTarget(
  target: RunTarget,
): { channel: string; topic?: string | undefined } {
  if (typeof target === "string") return { channel: target };
  // First this: a typed channel may have a topic that is called "channel".
  if ("name" in target) return { channel: target.name };
  const { channel, topic } = target;
  return {
    channel: typeof channel === "string" ? channel : channel.name,
    topic,
  };
}

/** What is told of an error: no stack, which is nobody's business in a browser. */
export function toRunError(error: unknown): { name: string; message: string } {
  return {
    name: String(property(error, "name") ?? "Error"),
    message: String(property(error, "message") ?? error),
  };
}

/** Reads the run out of the event that Inngest sends when one is cancelled. */
export function readCancelledRun(event: TriggerEvent): FunctionRun {
  const { run_id, function_id, event: cause } = Object(event.data);
  return {
    runId: String(run_id),
    functionId: String(function_id ?? ""),
    event: { name: String(cause?.name), data: cause?.data },
  };
}
