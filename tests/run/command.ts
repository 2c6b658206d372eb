import process from "node:process";
import { setTimeout as timeout } from "node:timers/promises";

/** The result of a command. */
export interface CommandResult {
  readonly code: number;
  /** The output, and then the errors' output. */
  readonly output: string;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Whether the output is shown as it comes, or collected only. */
  readonly output: "show" | "collect";
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

const MAX_ERROR_LINES = 30;

/** How long the processes that a command has started may keep its output open after its end. */
const OUTPUT_TIMEOUT_MS = 5000;

/** Runs a command to its end. The code is 127 for a command that doesn't exist. */
export async function run(
  [program = "", ...args]: readonly string[],
  { output, ...options }: RunOptions,
): Promise<CommandResult> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      ...options,
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, output: `${program}: not found` };
  }
  const texts = ["", ""];
  const read = [child.stdout, child.stderr].map(async (stream, index) => {
    const target = index === 0 ? process.stdout : process.stderr;
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      texts[index] += text;
      if (output === "show") target.write(text);
    }
  });
  const { code } = await child.status;
  await Promise.race([
    Promise.all(read),
    timeout(OUTPUT_TIMEOUT_MS, undefined, { ref: false }),
  ]);
  return { code, output: texts.join("") };
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
