import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { basicVariables } from "../process/variables.ts";
import { ROOT } from "../root.ts";

/** A running example. */
export interface RunningExample {
  /** The URL of its page. */
  readonly url: string;
  /** Returns both outputs so far. */
  output(): string;
  /** Resolves when the output contains a text. */
  wrote(text: string): Promise<void>;
  /** Stops it; rejects when it has written a stack trace or a runtime's warning. */
  close(): Promise<void>;
}

/**
 * Starts an example as its README says, on the current runtime: by its task on Deno, by its `main.ts` elsewhere. Resolves when it has
 * printed the URL of its page.
 *
 * @param args Arguments; by default it takes a free port.
 * @param env Variables of the environment, besides those that every process needs.
 * @throws {Error} With its output, when it ends before.
 */
export async function startExample(
  name: string,
  args: readonly string[] = ["--port", "0"],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  const example = new Example(start(name, args, env));
  const url = await example.find(/^(http:\S+)\n/m);
  return {
    url,
    output: () => example.output,
    wrote: async (text) => void await example.find(text),
    close: () => example.close(),
  };
}

/** Runs an example that ends by itself; returns its exit code and both outputs. */
export async function runExample(
  name: string,
  args: readonly string[] = ["--port", "0"],
): Promise<{ code: number; output: string }> {
  const child = start(name, args);
  const example = new Example(child);
  const [code] = await once(child, "close");
  return { code, output: example.output };
}

/** Returns the lines of an output that are part of a stack trace or a runtime's warning. */
export function noiseIn(output: string): string[] {
  return output.split("\n").filter((line) =>
    /^\s+at .+:\d+:\d+\)?$/.test(line) ||
    /\b(warning|deprecated|experimental)/i.test(line)
  );
}

function start(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const command = "Deno" in globalThis
    ? ["task", `example:${name}`]
    : [`examples/${name}/main.ts`];
  return spawn(process.execPath, [...command, ...args], {
    cwd: ROOT,
    // No other variables of the machine.
    env: { ...basicVariables(), NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

class Example {
  output = "";
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #looking = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, "close");
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        for (const look of this.#looking) look();
      });
    }
  }

  /** Resolves when the output contains a text or matches; returns the first group of the match. */
  async find(wanted: RegExp | string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      if (typeof wanted === "string") {
        if (this.output.includes(wanted)) resolve(wanted);
      } else {
        const [whole, group] = wanted.exec(this.output) ?? [];
        if (whole !== undefined) resolve(group ?? whole);
      }
    };
    this.#looking.add(look);
    this.#closed.then(() =>
      reject(new Error(`It ended without ${wanted}:\n${this.output}`))
    );
    look();
    try {
      return await promise;
    } finally {
      this.#looking.delete(look);
    }
  }

  async close(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#closed;
    if (noiseIn(this.output).length > 0) {
      throw new Error(`It wrote a stack trace or a warning:\n${this.output}`);
    }
  }
}
