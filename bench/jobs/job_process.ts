import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LineProcess } from "../line_process.ts";
import type { JobLoad, JobReport, JobTarget } from "./ways.ts";

/** A process whose jobs publish at once. */
export class JobProcess implements AsyncDisposable {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Starts a process; resolves when its jobs can publish. */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    target: JobTarget,
  ): Promise<JobProcess> {
    const command = commandFor(programs, runtime, "bench/jobs/main.ts");
    command.push(JSON.stringify(target));
    return new JobProcess(await LineProcess.start("The jobs", command));
  }

  /**
   * Lets the jobs publish for a while; resolves when every message was acknowledged.
   *
   * @throws {Error} When a message was refused.
   */
  async publish(load: JobLoad): Promise<JobReport> {
    return JSON.parse(await this.#process.ask(JSON.stringify(load)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
