import { Child } from "../../tests/support/process/child.ts";
import {
  commandFor,
  type Programs,
} from "../../tests/support/process/programs.ts";
import type { Answers, Command } from "./commands.ts";

/** The load generator, in a process of its own. */
export class Generator {
  readonly #child: Child;
  readonly #waiting: Array<(line: string) => void> = [];

  /** Starts it on Node, where reading takes the least CPU. */
  constructor(programs: Programs) {
    this.#child = new Child(
      commandFor(programs, "node", "bench/load/main.ts"),
      (line) => this.#waiting.shift()?.(line),
    );
  }

  /**
   * Sends a command and returns its result.
   *
   * @throws {Error} When the command failed.
   */
  async ask<C extends Command>(command: C): Promise<Answers[C["do"]]> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push(resolve);
    void this.#child.exited.then(() =>
      reject(new Error(`The load generator ended: ${this.#child.errors}`))
    );
    this.#child.write(JSON.stringify(command));
    const answer = JSON.parse(await promise);
    if ("error" in answer) throw new Error(answer.error);
    return answer.result;
  }

  /** Stops it. */
  stop(): Promise<void> {
    return this.#child.stop();
  }
}
