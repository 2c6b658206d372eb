import type {
  Programs,
  RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LoadProcess } from "../load_process.ts";
import type { CallersLoad, CallersReport, CallersTarget } from "./ways.ts";

/** A process whose callers publish at once, each its next message when the one before was acknowledged. */
export type CallersProcess = LoadProcess<CallersLoad, CallersReport>;

/** Starts a process; resolves when its callers can publish. */
export function startCallersProcess(
  programs: Programs,
  runtime: RuntimeName,
  target: CallersTarget,
): Promise<CallersProcess> {
  const script = { name: "The callers", path: "bench/callers/main.ts" };
  return LoadProcess.start(script, programs, runtime, target);
}
