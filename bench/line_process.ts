import { Child } from "../tests/support/process/child.ts";

/** A process that answers in lines. */
export class LineProcess implements AsyncDisposable {
  readonly #child: Child;
  readonly #name: string;
  #onLine: (line: string) => void = () => {};

  private constructor(name: string, command: readonly string[]) {
    this.#name = name;
    this.#child = new Child(command, (line) => this.#onLine(line));
  }

  /**
   * Starts a process; resolves when it has printed `ready`.
   *
   * @param name The process in errors: `The client`.
   */
  static async start(
    name: string,
    command: readonly string[],
  ): Promise<LineProcess> {
    const process = new LineProcess(name, command);
    while (await process.#line() !== "ready");
    return process;
  }

  /**
   * Writes a line and returns the next one of the process.
   *
   * @throws {Error} When the process ends instead.
   */
  async ask(line: string): Promise<string> {
    const answer = this.#line();
    this.#child.write(line);
    return await answer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.stop();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onLine = resolve;
      void this.#child.exited.then(() =>
        reject(new Error(`${this.#name} ended: ${this.#child.errors}`))
      );
    });
  }
}
