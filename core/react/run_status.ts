import type { RunRecord } from "./snapshot.ts";
import type { RunError, UseRealtimeRunStatus } from "./use_realtime_types.ts";

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
export function isOver(run: RunRecord): boolean {
  const status = runStatus(run);
  return status !== undefined && status !== "running";
}

/** What a run failed with. */
export function runError(run: RunRecord | undefined): RunError | null {
  const { name = "Error", message } = Object(run?.error);
  return typeof message === "string" ? { name: String(name), message } : null;
}
