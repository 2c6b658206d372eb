/**
 * Measures the time from the start of a gateway's process to its first HTTP
 * answer, on each runtime. With `--fresh` also from the first command in a
 * fresh clone, with nothing cached, and from the second.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import process from "node:process";
import { mustRun } from "../tests/run/command.ts";
import { findBun, findNode, installPackages } from "../tests/run/setup.ts";
import { median, ms } from "./support.ts";
import { ROOT } from "../tests/support/root.ts";

const RUNS = 7;
const GATEWAY = ["server/main.ts", "--dev", "--port", "0"];

interface Place {
  readonly cwd: string;
  readonly env?: Record<string, string>;
}

/** Starts a gateway, waits for an answer, ends it; the time it took. */
async function measure(
  command: readonly string[],
  place: Place,
): Promise<number> {
  const [program = "", ...args] = command;
  const start = performance.now();
  // A group of its own, so that what npx started ends with it.
  const child = spawn(program, args, {
    cwd: place.cwd,
    env: { ...process.env, ...place.env },
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const closed = once(child, "close");
  try {
    const url = await readUrl(child.stdout);
    const response = await fetch(new URL("/health", url));
    await response.text();
    if (!response.ok) {
      throw new Error(`The gateway answered ${response.status}`);
    }
    return performance.now() - start;
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    child.stdout.resume();
    await closed;
  }
}

async function readUrl(output: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of output) {
    text += decoder.decode(bytes, { stream: true });
    const [, url] = /(http:\/\/\S+)\s/.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`The gateway printed no URL: ${text}`);
}

async function measureRuntimes(): Promise<void> {
  await installPackages();
  const node = await findNode();
  const bun = await findBun(node);
  const commands = {
    Deno: [Deno.execPath(), "run", "--allow-all", ...GATEWAY],
    Bun: [bun, ...GATEWAY],
    Node: [node, ...GATEWAY],
  };
  for (const [name, command] of Object.entries(commands)) {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      times.push(await measure(command, { cwd: ROOT }));
    }
    const version = await mustRun([command[0] ?? "", "--version"]);
    const [number] = /\d+\.\d+\.\d+/.exec(version) ?? [];
    console.log(
      `${name} ${number}: first answer after ${
        ms(median(times))
      } (median of ${RUNS}, slowest ${ms(Math.max(...times))})`,
    );
  }
}

/** The README's first command, on a machine that has only npm. */
async function measureFreshClone(): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const clone = join(folder, "clone");
    await copyProject(clone);
    const place = {
      cwd: clone,
      env: {
        HOME: folder,
        DENO_DIR: join(folder, "deno"),
        npm_config_cache: join(folder, "npm"),
      },
    };
    const command = ["npx", "-y", "deno", "task", "gateway", "--port", "0"];
    const first = await measure(command, place);
    console.log(`npx -y deno task gateway, nothing cached: ${ms(first)}`);
    const second = await measure(command, place);
    console.log(`npx -y deno task gateway, again: ${ms(second)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Copies what a clone would have: not what git ignores. */
async function copyProject(target: string): Promise<void> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = (await mustRun(["git", ...list], ROOT)).split("\0");
  for (const file of files.filter((name) => name !== "")) {
    await Deno.mkdir(dirname(join(target, file)), { recursive: true });
    await Deno.copyFile(join(ROOT, file), join(target, file));
  }
}

await measureRuntimes();
if (Deno.args.includes("--fresh")) await measureFreshClone();
