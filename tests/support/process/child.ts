import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../root.ts";
import { readLines } from "./lines.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The child processes that still run; they are killed when this process exits. */
const running = new Set<Child>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** The folder in which Node caches compiled code, as many processes run the same few programs. */
const COMPILE_CACHE = join(ROOT, "node_modules", ".cache", "chaos");

/** How many characters of the error output are kept. The last ones tell why a process died. */
const ERROR_OUTPUT = 4_000;

/** How long a server may take to listen. */
const START_MS = 20_000;

/** A child process that reads and writes lines of text. */
export class Child {
  readonly pid: number;
  /** Resolves when the process ends. */
  readonly exited: Promise<Exit>;
  /** The last part of its error output. */
  errors = "";
  readonly #process: ChildProcess;
  #isOver = false;

  /**
   * @param command The program and its arguments.
   * @param onLine Called with each line of its output.
   * @param onErrorLine Called with each line of its error output.
   * @param env Environment variables that it gets beside those of this process.
   */
  constructor(
    command: readonly string[],
    onLine: (line: string) => void,
    onErrorLine: (line: string) => void = () => {},
    env: Readonly<Record<string, string>> = {},
  ) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: "pipe",
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...env },
    });
    this.#process = child;
    this.pid = child.pid ?? -1;
    readLines(child.stdout, onLine);
    readLines(child.stderr, onErrorLine);
    child.stderr.on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-ERROR_OUTPUT);
    });
    // Writing to a process that has ended fails; `exited` reports the end.
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

  /** Whether the process has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Writes a line to its input. */
  write(line: string): void {
    this.#process.stdin?.write(line + "\n");
  }

  /** Sends a signal, unless the process has ended. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    // On Deno, after the child's own kill() every exit is reported as caused by the signal, also a clean one.
    if (!this.#isOver && this.pid > 0) process.kill(this.pid, signal);
  }

  /** Kills the process and waits until it has ended. */
  async stop(): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }

  /** Its resident memory in bytes; `undefined` where the system has no `/proc`. */
  get residentBytes(): number | undefined {
    const status = readProcess(this.pid, "status");
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  }

  /** How many files and sockets it has open; `undefined` where the system has no `/proc`. */
  get openFiles(): number | undefined {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length;
    } catch {
      // The process has ended, or this is not Linux.
      return undefined;
    }
  }
}

/**
 * Starts a server that prints `listens on <url>`.
 *
 * @param onLine Called with each other line of its output.
 * @param onErrorLine Called with each line of its error output.
 * @param env Environment variables that it gets beside those of this process.
 * @throws {Error} When it ends, or doesn't listen in time.
 */
export async function startListening(
  command: readonly string[],
  onLine: (line: string) => void,
  onErrorLine?: (line: string) => void,
  env?: Readonly<Record<string, string>>,
): Promise<{ child: Child; url: string }> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = new Child(
    command,
    (line) => {
      const [, url] = /listens on (http:\S+)$/.exec(line) ?? [];
      if (url === undefined) onLine(line);
      else resolve(url);
    },
    onErrorLine,
    env,
  );
  return { child, url: await started(child, command, promise) };
}

/**
 * Waits until a server is ready, and stops it when that fails.
 *
 * @param ready Resolves when the server is ready.
 * @throws {Error} When it ends, or isn't ready in time.
 */
export async function started<T>(
  child: Child,
  command: readonly string[],
  ready: Promise<T>,
): Promise<T> {
  const failed = Promise.withResolvers<never>();
  const fail = (): void =>
    failed.reject(
      new Error(`Cannot start "${command[0]}": ${child.errors}`),
    );
  void child.exited.then(fail);
  const timer = setTimeout(fail, START_MS);
  try {
    return await Promise.race([ready, failed.promise]);
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the CPU time that processes have used in all of their threads, in milliseconds; 0 where the system has no `/proc`. */
export function cpuMs(pids: number | readonly number[]): number {
  return [pids].flat().reduce((sum, pid) => sum + cpuOf(pid), 0);
}

/** Sums the time of a process's threads, in which nothing is rounded. A thread that ends meanwhile takes its time with it; servers keep theirs. */
function cpuOf(pid: number): number {
  let ns = 0;
  for (const thread of readThreads(pid)) {
    ns += Number(readProcess(pid, `task/${thread}/schedstat`).split(" ")[0]);
  }
  return ns / 1e6;
}

function readThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // The process has ended, or this is not Linux.
    return [];
  }
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // The process has ended, or this is not Linux.
    return "";
  }
}
