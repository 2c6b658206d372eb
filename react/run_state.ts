import { isJsonObject, isText } from "../core/protocol/shape.ts";
import type { AnyMessage } from "./view_state.ts";
import type { RunError, UseRealtimeRunStatus } from "./use_realtime_types.ts";

/** The messages about a run, merged into one object. */
export type RunRecord = Readonly<Record<string, unknown>>;

/** The newest message of each topic, and the record of the run. */
export interface RunState {
  readonly topics: ReadonlyMap<string, AnyMessage>;
  readonly run: RunRecord | undefined;
}

/** Adds a message. One about the run is merged into the run's record; another run begins a new record. */
export function foldRun(
  known: RunState = { topics: new Map(), run: undefined },
  message: AnyMessage | undefined,
): RunState {
  if (!message) return known;
  const { kind, topic, data, runId } = message;
  if (kind !== "run") {
    return { ...known, topics: new Map(known.topics).set(topic, message) };
  }
  const run = known.run?.runId === runId ? known.run : {};
  return { ...known, run: { ...run, ...isJsonObject(data) && data, runId } };
}

/** The names that publishers have for the status of a run, with the names here. */
const STATUSES: Readonly<Record<string, UseRealtimeRunStatus>> = {
  running: "running",
  in_progress: "running",
  completed: "completed",
  complete: "completed",
  succeeded: "completed",
  success: "completed",
  failed: "failed",
  error: "failed",
  cancelled: "cancelled",
  canceled: "cancelled",
};

/** Returns the status of a run; `undefined` if its record has none that is known. */
export function runStatus(
  run: RunRecord | undefined,
): UseRealtimeRunStatus | undefined {
  const status = [run?.runStatus, run?.status, run?.state].find(isText)
    ?.toLowerCase() ?? "";
  return Object.hasOwn(STATUSES, status) ? STATUSES[status] : undefined;
}

/** Tells whether the run has ended. */
export function isRunOver({ run }: RunState): boolean {
  const status = runStatus(run);
  return status !== undefined && status !== "running";
}

/** Returns the error that a run failed with. */
export function runError(run: RunRecord | undefined): RunError | null {
  const { name, message } = isJsonObject(run?.error) ? run.error : {};
  if (!isText(message)) return null;
  return { name: isText(name) ? name : "Error", message };
}
