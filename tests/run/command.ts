/** What came of a command. */
export interface CommandResult {
  readonly code: number;
  /** What it wrote to both outputs; empty where that was shown at once. */
  readonly output: string;
  readonly timedOut: boolean;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Show the output at once, or collect it. */
  readonly output: "show" | "collect";
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Ends the command, with all it started, after this time. */
  readonly timeoutMs?: number;
}

const KILL_DELAY_MS = 5_000;
const MAX_ERROR_LINES = 30;

/** Runs a command to its end. A command that can't be started has code 127. */
export async function run(
  command: readonly string[],
  options: RunOptions,
): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const stdio = options.output === "show" ? "inherit" : "piped";
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      cwd: options.cwd,
      env: options.env,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, output: `${program}: not found`, timedOut: false };
  }

  let timedOut = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (options.timeoutMs !== undefined) {
    timer = setTimeout(() => {
      timedOut = true;
      // The polite signal lets a runner end what it started.
      child.kill("SIGTERM");
      timer = setTimeout(() => child.kill("SIGKILL"), KILL_DELAY_MS);
    }, options.timeoutMs);
  }
  try {
    if (options.output === "show") {
      const { code } = await child.status;
      return { code, output: "", timedOut };
    }
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout) + decoder.decode(stderr);
    return { code, output, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

/** The output of a command that has to succeed. */
export async function mustRun(
  command: readonly string[],
  cwd?: string,
): Promise<string> {
  const { code, output } = await run(command, { output: "collect", cwd });
  if (code !== 0) {
    const start = output.trim().split("\n").slice(0, MAX_ERROR_LINES);
    throw new Error(`Cannot run "${command.join(" ")}": ${start.join("\n")}`);
  }
  return output;
}
