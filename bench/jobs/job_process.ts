import { Child } from "../../tests/support/process/child.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import type { JobLoad, JobReport, JobTarget } from "./ways.ts";

/** A process whose jobs publish at once. */
export class JobProcess implements AsyncDisposable {
  readonly #child: Child;
  #onLine: (line: string) => void = () => {};

  private constructor(command: readonly string[]) {
    this.#child = new Child(command, (line) => this.#onLine(line));
  }

  /** Starts a process; resolves when its jobs can publish. */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    target: JobTarget,
  ): Promise<JobProcess> {
    const command = commandFor(programs, runtime, "bench/jobs/main.ts");
    const jobs = new JobProcess([...command, JSON.stringify(target)]);
    while (await jobs.#line() !== "ready");
    return jobs;
  }

  /**
   * Lets the jobs publish for a while; resolves when every message was acknowledged.
   *
   * @throws {Error} When a message was refused.
   */
  async publish(load: JobLoad): Promise<JobReport> {
    const line = this.#line();
    this.#child.write(JSON.stringify(load));
    return JSON.parse(await line);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.stop();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onLine = resolve;
      void this.#child.exited.then(() =>
        reject(new Error(`The jobs ended: ${this.#child.errors}`))
      );
    });
  }
}
