import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import type { RuntimeName } from "../support/process/programs.ts";
import { mustRun, run } from "./command.ts";
import { isInstalled, type Lock } from "./lock.ts";
import { describeInstalled, withProgress } from "./progress.ts";

/** The path of each runtime's program. */
export type Programs = Readonly<Record<RuntimeName, string>>;

/** The oldest Node that runs the tests: they use `await using`. The published files don't, and run on Node 22.18. */
const OLDEST_NODE = 24;
/** The Node that is installed where the machine's own is too old. */
const OWN_NODE = "26";
const OWN_NODE_FOLDER = ".runtimes";

/** Installs the packages of the lock file, unless they are installed, and finds the programs of the runtimes. */
export async function prepare(): Promise<Programs> {
  await installPackages();
  const node = await findNode();
  return { deno: process.execPath, bun: await findBun(node), node };
}

/** Installs the packages of the lock file, unless they are installed. */
export async function installPackages(): Promise<void> {
  const lock = readLock("package-lock.json");
  if (lock === undefined) {
    throw new Error("Cannot install: there is no package-lock.json here");
  }
  const installed = readLock("node_modules/.package-lock.json");
  if (installed !== undefined && isInstalled(lock, installed)) return;
  console.log("Installing the packages of package-lock.json");
  await withProgress(npm(["ci"]), {
    describe: (seconds) => `  ${describeInstalled(lock)} after ${seconds} s`,
  });
}

/** Returns the machine's Node, or installs one where that is missing or too old. */
async function findNode(): Promise<string> {
  if (await isRecentNode("node")) return "node";
  const { arch, os } = Deno.build;
  if (os !== "linux" && os !== "darwin") {
    throw new Error(
      `Cannot install Node on "${os}": install Node ${OLDEST_NODE} or newer`,
    );
  }
  const name = `node-${os}-${arch === "aarch64" ? "arm64" : "x64"}`;
  const program =
    `${Deno.cwd()}/${OWN_NODE_FOLDER}/node_modules/${name}/bin/node`;
  if (await isRecentNode(program)) return program;
  console.log(`Installing Node ${OWN_NODE} into ${OWN_NODE_FOLDER}/`);
  Deno.mkdirSync(OWN_NODE_FOLDER, { recursive: true });
  await npm([
    "install",
    "--no-save",
    "--prefix",
    OWN_NODE_FOLDER,
    `${name}@${OWN_NODE}`,
  ]);
  return program;
}

/** Returns the Bun of the lock file. */
async function findBun(node: string): Promise<string> {
  const program = `${Deno.cwd()}/node_modules/.bin/bun`;
  const { code } = await run([program, "--version"], { output: "collect" });
  // npm may be configured to run no install scripts; then Bun's is run here.
  if (code !== 0) await mustRun([node, "install.js"], "node_modules/bun");
  return program;
}

async function npm(args: readonly string[]): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await mustRun(["npm", ...args, ...quiet]);
}

async function isRecentNode(node: string): Promise<boolean> {
  const { code, output } = await run([node, "--version"], {
    output: "collect",
  });
  const [, major] = /^v(\d+)\./.exec(output) ?? [];
  return code === 0 && Number(major) >= OLDEST_NODE;
}

function readLock(path: string): Lock | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
