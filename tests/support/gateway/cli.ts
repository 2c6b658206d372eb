import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { ROOT } from "../root.ts";

const RUN = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [];

/** How a process ended, and what it said. */
export interface Finished {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The gateway's command line, in a process of its own on the runtime that runs the test. */
export class Cli implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  #stdout = "";
  #stderr = "";
  #isOver = false;
  #wake: () => void = () => {};

  /**
   * @param env Variables of its environment besides those without which nothing runs.
   */
  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const { PATH = "", HOME = "", DENO_DIR } = process.env;
    this.#child = spawn(
      process.execPath,
      [...RUN, "server/main.ts", ...args],
      {
        cwd: ROOT,
        env: {
          PATH,
          HOME,
          ...(DENO_DIR === undefined ? {} : { DENO_DIR }),
          NO_COLOR: "1",
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const closed = once(this.#child, "close");
    this.#child.stdout?.on("data", (bytes) => {
      this.#stdout += bytes;
      this.#wake();
    });
    this.#child.stderr?.on("data", (bytes) => {
      this.#stderr += bytes;
    });
    this.#finished = closed.then(([code]) => {
      this.#isOver = true;
      this.#wake();
      return { code, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Resolves when it ended. */
  get finished(): Promise<Finished> {
    return this.#finished;
  }

  /** The first line that it prints. */
  async line(): Promise<string> {
    while (!this.#stdout.includes("\n") && this.#child.exitCode === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#stdout.split("\n")[0] ?? "";
  }

  /** The URL in the first line. */
  async url(): Promise<string> {
    return /http:\S+$/.exec(await this.line())?.[0] ?? "";
  }

  /** Sends it a signal. After the child's own `kill`, Deno takes any end for one by that signal. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    if (this.#child.pid !== undefined) process.kill(this.#child.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.kill("SIGKILL");
    await this.#finished;
  }
}

/** Runs the command line to its end. */
export function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  return new Cli(args, env).finished;
}
