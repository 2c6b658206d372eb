import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../tests/support/process/programs.ts";
import { LineProcess } from "./line_process.ts";

/** A script that publishes. */
export interface LoadScript {
  /** The process in errors: `The jobs`. */
  readonly name: string;
  /** The script's path. */
  readonly path: string;
}

/** A process that publishes what it is told to, and reports what that took. */
export class LoadProcess<Load, Report> implements AsyncDisposable {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /**
   * Starts a script; resolves when it can publish.
   *
   * @param target The server and the way to it, as the script reads them from its argument.
   */
  static async start<Load, Report>(
    { name, path }: LoadScript,
    programs: Programs,
    runtime: RuntimeName,
    target: object,
  ): Promise<LoadProcess<Load, Report>> {
    const command = commandFor(programs, runtime, path);
    command.push(JSON.stringify(target));
    return new LoadProcess<Load, Report>(
      await LineProcess.start(name, command),
    );
  }

  /**
   * Lets the process publish; resolves when every message was acknowledged.
   *
   * @throws {Error} When a message was refused.
   */
  async publish(load: Load): Promise<Report> {
    return JSON.parse(await this.#process.ask(JSON.stringify(load)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
