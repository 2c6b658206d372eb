import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { readLines } from "../process/lines.ts";

/** How a program ended, and what it wrote. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with which environment a program runs. */
export interface ProgramOptions {
  readonly cwd: string;
  /** A folder to search for programs first. */
  readonly path?: string | undefined;
}

/** Runs a program to its end. */
export async function runProgram(
  command: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const child = start(command, options);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (bytes) => stdout += bytes);
  child.stderr.on("data", (bytes) => stderr += bytes);
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** A gateway that was started by a command. */
export interface StartedGateway extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a gateway by a command, such as `npx`, that may start further processes. All of them end with it.
 *
 * @throws {Error} When it ends before it listens, with its error output.
 */
export async function startGatewayBy(
  command: readonly string[],
  options: ProgramOptions,
): Promise<StartedGateway> {
  const child = start(command, options);
  const closed = once(child, "close");
  let errors = "";
  child.stderr.on("data", (bytes) => errors += bytes);
  const listening = Promise.withResolvers<string>();
  readLines(child.stdout, (line) => {
    const [, url] = /listens on (http:\S+)$/.exec(line) ?? [];
    if (url !== undefined) listening.resolve(url);
  });
  void closed.then(() =>
    listening.reject(new Error(`Cannot start "${command[0]}": ${errors}`))
  );
  return {
    url: await listening.promise,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await closed;
    },
  };
}

function start(
  [program = "", ...args]: readonly string[],
  { cwd, path }: ProgramOptions,
) {
  const { PATH = "" } = process.env;
  return spawn(program, args, {
    cwd,
    env: {
      ...process.env,
      NO_COLOR: "1",
      PATH: [path, PATH].filter(Boolean).join(":"),
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that one signal reaches all of its processes.
    detached: true,
  });
}
