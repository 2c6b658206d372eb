import type {
  Programs,
  RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LoadProcess } from "../load_process.ts";
import type { JobLoad, JobReport, JobTarget } from "./ways.ts";

/** A process whose jobs publish at once, for a while. */
export type JobProcess = LoadProcess<JobLoad, JobReport>;

/** Starts a process; resolves when its jobs can publish. */
export function startJobs(
  programs: Programs,
  runtime: RuntimeName,
  target: JobTarget,
): Promise<JobProcess> {
  const script = { name: "The jobs", path: "bench/jobs/main.ts" };
  return LoadProcess.start(script, programs, runtime, target);
}
