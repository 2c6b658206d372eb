import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { basicVariables } from "../process/variables.ts";
import { ROOT } from "../root.ts";

const RUN = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [];

/** How a process ended, and its output. */
export interface Finished {
  /** The exit code; `null` after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The gateway's command line in its own process, on the runtime that runs the test. */
export class Cli implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  #stdout = "";
  #stderr = "";
  #output = "";
  #isOver = false;
  #wake: () => void = () => {};

  /**
   * @param env Variables of the environment, besides those that every process needs.
   */
  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(
      process.execPath,
      [...RUN, "server/main.ts", ...args],
      {
        cwd: ROOT,
        env: { ...basicVariables(), NO_COLOR: "1", ...env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const closed = once(this.#child, "close");
    this.#child.stdout?.on("data", (bytes) => {
      this.#stdout += bytes;
      this.#output += bytes;
      this.#wake();
    });
    this.#child.stderr?.on("data", (bytes) => {
      this.#stderr += bytes;
      this.#output += bytes;
    });
    this.#finished = closed.then(([code]) => {
      this.#isOver = true;
      this.#wake();
      return { code, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Resolves when the process has ended. */
  get finished(): Promise<Finished> {
    return this.#finished;
  }

  /** The text that the process has printed so far, in the order in which it came. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the standard output has a text; returns the text's first group, `""` where the process ends without it. */
  async prints(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#stdout);
      if (match || this.#isOver) return match?.[1] ?? "";
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Returns the URL that the gateway listens on. */
  url(): Promise<string> {
    return this.prints(/(?:listens on |"url":")(http:[^\s"]+)["\n]/);
  }

  /** Sends a signal. The child's own `kill` would make Deno report every later end as caused by the signal. */
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
