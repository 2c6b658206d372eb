import type { AnyMessage } from "./snapshot.ts";
import type { RunError, UseRealtimeRunStatus } from "./use_realtime_types.ts";

/** What is known of a run: what was published about it, put together. */
export type RunRecord = Readonly<Record<string, unknown>>;

/** The newest message of each topic, and what is known of the run. */
export interface RunState {
  readonly topics: ReadonlyMap<string, AnyMessage>;
  readonly run: RunRecord | undefined;
}

/** Adds a message: to the run's record, where it tells of that; another run begins anew. */
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
  return { ...known, run: { ...run, ...Object(data), runId } };
}

/** What publishers call the status of a run, and what it is called here. */
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

/** How a run stands; `undefined` where nothing known tells. */
export function runStatus(
  run: RunRecord | undefined,
): UseRealtimeRunStatus | undefined {
  const status = String(run?.runStatus ?? run?.status ?? run?.state)
    .toLowerCase();
  return Object.hasOwn(STATUSES, status) ? STATUSES[status] : undefined;
}

/** Whether a run has ended. */
export function isRunOver({ run }: RunState): boolean {
  const status = runStatus(run);
  return status !== undefined && status !== "running";
}

/** What a run failed with. */
export function runError(run: RunRecord | undefined): RunError | null {
  const { name = "Error", message } = Object(run?.error);
  return typeof message === "string" ? { name: String(name), message } : null;
}
