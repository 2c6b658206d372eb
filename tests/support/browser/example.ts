import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { ROOT } from "../root.ts";

/** An example, started by its command. */
export interface RunningExample {
  /** Where its page is. */
  readonly url: string;
  /** What it wrote so far, to both outputs. */
  output(): string;
  /** Waits until it has written this. */
  wrote(text: string): Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Starts an example as its README says, on the runtime that runs the test: by its task on Deno, by its `main.ts` on the
 * others. Resolves when it has printed where its page is; rejects, with what it wrote, when it ended before.
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

/** Runs an example that ends by itself; gives what it wrote. */
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
    // A free port for the page, and nothing of what the machine may have set.
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

  /** The first group of what matches in the output, as soon as it does. */
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
