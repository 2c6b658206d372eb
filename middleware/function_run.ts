import { hexDigest } from "../core/protocol/digest.ts";
import type { PublishOptions } from "../core/types/realtime.ts";
import { inngestStore, property } from "./async_context.ts";
import { maxAttemptsOf, retryWindow } from "./retry_window.ts";

/** A run of an Inngest function. */
export interface FunctionRun {
  /** The run's id, a ULID. */
  readonly runId: string;
  /** The function's id with the app's id before it: `my-app-create-recommendation`. */
  readonly functionId: string;
  /** The event that triggered it. */
  readonly event: TriggerEvent;
}

/** A run that publishes messages. */
export interface PublishingRun extends FunctionRun {
  /** How long the idempotency keys of its messages are remembered, in seconds. */
  readonly keyTtl: number;
}

/** The event that triggered a run. */
export interface TriggerEvent {
  /** The event's name. */
  readonly name: string;
  /** The event's data. */
  readonly data: ReturnType<typeof JSON.parse>;
}

/** Tells whether a run is that of a function's failure handler, which is not a run of the function itself. */
export function isFailureHandler({ event, functionId }: FunctionRun): boolean {
  return event.name === "inngest/function.failed" &&
    property(event.data, "function_id") === functionId;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Reads the run from the arguments that either major of Inngest's SDK passes to a middleware. */
export function readRun(
  ctx: unknown,
  fn: unknown,
  client: unknown,
): PublishingRun {
  const id = property(fn, "id");
  const event = property(ctx, "event");
  return {
    runId: String(property(ctx, "runId")),
    functionId: typeof id === "function"
      ? String(id.call(fn, property(client, "id")))
      : "",
    event: {
      name: String(property(event, "name")),
      data: property(event, "data"),
    },
    keyTtl: retryWindow(maxAttemptsOf(ctx, fn)),
  };
}

/**
 * Returns the options with which a run publishes: its ids and its function's, and how long a key is remembered. Ids of another form, as in
 * Inngest's test engine, are left out.
 */
export async function runFields(
  { runId, functionId, keyTtl }: PublishingRun,
): Promise<Pick<PublishOptions, "runId" | "fnSlug" | "fnId" | "keyTtl">> {
  const execution = property(await inngestStore(), "execution");
  const isCurrent = property(property(execution, "ctx"), "runId") === runId;
  const options = property(property(execution, "instance"), "options");
  const internalId = isCurrent ? property(options, "internalFnId") : undefined;
  const isUuid = UUID.test(functionId);
  const fnId = isUuid ? functionId : internalId;
  return {
    ...ULID.test(runId) ? { runId } : {},
    ...functionId !== "" && !isUuid ? { fnSlug: functionId } : {},
    ...typeof fnId === "string" && UUID.test(fnId) ? { fnId } : {},
    keyTtl,
  };
}

/** Returns an idempotency key for a place in a run: a hash, which is short and fits into a header. */
export async function messageKey(place: readonly unknown[]): Promise<string> {
  return await hexDigest(JSON.stringify(place));
}
