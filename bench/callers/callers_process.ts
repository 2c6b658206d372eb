import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LineProcess } from "../line_process.ts";
import type { CallersLoad, CallersReport, CallersTarget } from "./ways.ts";

/** A process whose callers publish at once. */
export class CallersProcess implements AsyncDisposable {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Starts a process; resolves when its callers can publish. */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    target: CallersTarget,
  ): Promise<CallersProcess> {
    const command = commandFor(programs, runtime, "bench/callers/main.ts");
    command.push(JSON.stringify(target));
    return new CallersProcess(await LineProcess.start("The callers", command));
  }

  /**
   * Lets the callers publish; resolves when every message was acknowledged.
   *
   * @throws {Error} When a message was refused.
   */
  async publish(load: CallersLoad): Promise<CallersReport> {
    return JSON.parse(await this.#process.ask(JSON.stringify(load)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
