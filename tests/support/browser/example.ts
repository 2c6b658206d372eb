import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { ROOT } from "../root.ts";

/** A running example. */
export interface RunningExample {
  /** The URL of its page. */
  readonly url: string;
  /** Returns both outputs so far. */
  output(): string;
  /** Resolves when the output contains a text. */
  wrote(text: string): Promise<void>;
  /** Stops it. */
  close(): Promise<void>;
}

/**
 * Starts an example as its README says, on the current runtime: by its task on Deno, by its `main.ts` elsewhere. Resolves when it has
 * printed the URL of its page.
 *
 * @throws {Error} With its output, when it ends before.
 */
export async function startExample(name: string): Promise<RunningExample> {
  const example = new Example(start(name));
  const url = await example.find(/^Open (http:\S+)/m);
  return {
    url,
    output: () => example.output,
    wrote: async (text) => void await example.find(text),
    close: () => example.close(),
  };
}

/** Runs an example that ends by itself; returns its output. */
export async function runExample(name: string): Promise<string> {
  const child = start(name);
  const example = new Example(child);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${name} failed:\n${example.output}`);
  return example.output;
}

function start(name: string): ChildProcess {
  const args = "Deno" in globalThis
    ? ["task", `example:${name}`]
    : [`examples/${name}/main.ts`];
  return spawn(process.execPath, args, {
    cwd: ROOT,
    // A free port for the page, and no other variables of the machine.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      NO_COLOR: "1",
    },
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
  }
}
