/** The result of a command. */
export interface CommandResult {
  readonly code: number;
  /** Both outputs; empty where they were shown. */
  readonly output: string;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Whether the output is shown as it comes, or collected. */
  readonly output: "show" | "collect";
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

const MAX_ERROR_LINES = 30;

/** Runs a command to its end. The code is 127 for a command that doesn't exist. */
export async function run(
  [program = "", ...args]: readonly string[],
  { output, ...options }: RunOptions,
): Promise<CommandResult> {
  const stdio = output === "show" ? "inherit" : "piped";
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      ...options,
      args,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, output: `${program}: not found` };
  }
  if (output === "show") {
    const { code } = await child.status;
    return { code, output: "" };
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/**
 * Runs a command and returns its output.
 *
 * @throws {Error} When its exit code is not 0.
 */
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
