import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../bench/support.ts";
import { readLines } from "./lines.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Processes that were started and have not ended: none outlives this one. */
const running = new Set<Child>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Where Node keeps what it compiled: there are many processes of a few programs. */
const COMPILE_CACHE = join(ROOT, "node_modules", ".cache", "chaos");

/** How much of what it wrote to the error output is kept: the end tells why a process died. */
const ERROR_OUTPUT = 4_000;

/** A process that was started here. It takes and gives lines of text. */
export class Child {
  readonly pid: number;
  /** Resolves when it ended. */
  readonly exited: Promise<Exit>;
  /** The end of what it wrote to its error output. */
  errors = "";
  readonly #process: ChildProcess;
  #isOver = false;

  /**
   * @param command The program and its arguments.
   * @param onLine Gets each line of its output.
   */
  constructor(command: readonly string[], onLine: (line: string) => void) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: "pipe",
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env },
    });
    this.#process = child;
    this.pid = child.pid ?? -1;
    readLines(child.stdout, onLine);
    child.stderr.on("data", (bytes: Uint8Array) => {
      this.errors = (this.errors + bytes).slice(-ERROR_OUTPUT);
    });
    // A process that ends with something unread closes its input; how it ended says more.
    child.stdin.on("error", () => {});
    running.add(this);
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#isOver = true;
        running.delete(this);
        resolve({ code, signal });
      };
      child.once("exit", end);
      child.once("error", (error) => {
        this.errors += error.message;
        end(null, null);
      });
    });
  }

  /** Whether it ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends it a line. */
  write(line: string): void {
    this.#process.stdin?.write(line + "\n");
  }

  /** Sends it a signal; nothing where it ended. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    // Not the child's own kill(): Deno says then that the signal ended it, whatever it made of it.
    if (!this.#isOver && this.pid > 0) process.kill(this.pid, signal);
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }

  /** The memory that it occupies, in bytes; `undefined` where the system doesn't tell. */
  get residentBytes(): number | undefined {
    const status = readProcess(this.pid, "status");
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  }

  /** How many files and sockets it has open; `undefined` where the system doesn't tell. */
  get openFiles(): number | undefined {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length;
    } catch {
      // No Linux, or it ended.
      return undefined;
    }
  }
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // No Linux, or it ended.
    return "";
  }
}
