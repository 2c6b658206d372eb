import { hexDigest } from "../core/protocol/digest.ts";
import { inngestStore, property } from "./async_context.ts";

/** A run of an Inngest function, as far as messages tell of it. */
export interface FunctionRun {
  /** The run's id, a ULID. */
  readonly runId: string;
  /** The function's id, after the app's: `my-app-create-recommendation`. */
  readonly functionId: string;
  /** The event that triggered it. */
  readonly event: TriggerEvent;
}

/** The event that triggered a run. */
export interface TriggerEvent {
  /** The event's name. */
  readonly name: string;
  /** What was sent with it. */
  readonly data: ReturnType<typeof JSON.parse>;
}

/** Whether a run is that of a function's own failure handler: it is no run of the function. */
export function isFailureHandler({ event, functionId }: FunctionRun): boolean {
  return event.name === "inngest/function.failed" &&
    property(event.data, "function_id") === functionId;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Reads the run out of what either major of Inngest's SDK hands to a middleware. */
export function readRun(
  ctx: unknown,
  fn: unknown,
  client: unknown,
): FunctionRun {
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
  };
}

/** What every message of a run carries. */
export interface RunFields {
  readonly runId?: string;
  readonly fnSlug?: string;
  readonly fnId?: string;
}

/** The fields that tell a message's run and function. In tests, Inngest's ids may be of other forms: those are left out. */
export async function runFields(run: FunctionRun): Promise<RunFields> {
  const { runId, functionId } = run;
  const execution = property(await inngestStore(), "execution");
  const isThis = property(property(execution, "ctx"), "runId") === runId;
  const options = property(property(execution, "instance"), "options");
  const fnId = UUID.test(functionId)
    ? functionId
    : isThis && property(options, "internalFnId");
  return {
    ...ULID.test(runId) ? { runId } : {},
    ...functionId && fnId !== functionId ? { fnSlug: functionId } : {},
    ...typeof fnId === "string" && UUID.test(fnId) ? { fnId } : {},
  };
}

/**
 * The idempotency key of what stands in the run at this place: short, and fit for a header, whatever the ids are.
 */
export async function messageKey(place: readonly unknown[]): Promise<string> {
  return await hexDigest(JSON.stringify(place));
}
