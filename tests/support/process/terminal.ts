import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

/** The settings of a reader's machine that has installed the packages before, and of programs that ask nothing. */
const ENVIRONMENT = {
  NEXT_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_prefer_offline: "true",
};

/** The groups of processes that still run; they are killed when this process exits. */
const running = new Set<number>();

process.on("exit", () => running.forEach(killGroup));

/** Where and how commands run. */
export interface TerminalOptions {
  /** The folder in which the commands run. */
  readonly cwd: string;
  /** Variables of the environment besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Commands that run in a shell, such as a server. */
export class Terminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #command: string;
  #output = "";
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  /** @param command One or more lines, run by a shell that stops at the first failure. */
  constructor(command: string, { cwd, env }: TerminalOptions) {
    this.#command = command;
    this.#child = spawn("sh", ["-e", "-c", command], {
      cwd,
      env: { ...process.env, ...ENVIRONMENT, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // In a group of its own, so that what the shell has started ends with it.
      detached: true,
    });
    const { pid = 0, stdout, stderr } = this.#child;
    running.add(pid);
    for (const stream of [stdout, stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
    this.#closed = once(this.#child, "close").then(() => {
      this.#isOver = true;
      running.delete(pid);
      this.#wake();
    });
  }

  /** The output of the commands so far, with their errors. */
  get output(): string {
    return this.#output;
  }

  /**
   * Resolves when the output matches, with the first group of the match or the whole.
   *
   * @throws {Error} When the commands end before.
   */
  async prints(pattern: RegExp): Promise<string> {
    while (true) {
      const [whole, group] = pattern.exec(this.#output) ?? [];
      if (whole !== undefined) return group ?? whole;
      if (this.#isOver) throw this.#failure(`it ended without ${pattern}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /**
   * Resolves when the commands have succeeded.
   *
   * @throws {Error} With their output, when they fail.
   */
  async succeeds(): Promise<void> {
    await this.#closed;
    const { exitCode } = this.#child;
    if (exitCode !== 0) throw this.#failure(`its exit code is ${exitCode}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#isOver) killGroup(pid);
    await this.#closed;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #failure(reason: string): Error {
    return new Error(
      `Cannot run "${this.#command.trim()}": ${reason}:\n${this.#output}`,
    );
  }
}

/** Runs commands to their end; see {@linkcode Terminal}. */
export async function runCommands(
  command: string,
  options: TerminalOptions,
): Promise<void> {
  await using terminal = new Terminal(command, options);
  await terminal.succeeds();
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of its processes have ended.
  }
}
