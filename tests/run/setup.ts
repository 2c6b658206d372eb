import { existsSync, readFileSync } from "node:fs";
import { mustRun, run } from "./command.ts";
import { isInstalled, type Lock } from "./lock.ts";

/**
 * The oldest Node that runs the tests: they have `await using`, which the
 * published files do without, as those run from Node 22.18 on.
 */
const OLDEST_NODE = 24;
/** The Node that the tests bring where the machine's own is older. */
const OWN_NODE = "26";
const OWN_NODE_FOLDER = ".runtimes";

/** Installs the packages of the lock file, unless they are there already. */
export async function installPackages(): Promise<void> {
  const lock = readLock("package-lock.json");
  if (lock === undefined) {
    throw new Error("Cannot install: there is no package-lock.json here");
  }
  const installed = readLock("node_modules/.package-lock.json");
  if (installed !== undefined && isInstalled(lock, installed)) return;
  console.log("Installing the packages of package-lock.json");
  await npm(["ci"]);
}

/** A Node that runs the tests: the machine's, or one of their own. */
export async function findNode(): Promise<string> {
  if (await isRecentNode("node")) return "node";
  const platform = `${osName()}-${
    Deno.build.arch === "aarch64" ? "arm64" : "x64"
  }`;
  const name = `node-${platform}`;
  const binary =
    `${Deno.cwd()}/${OWN_NODE_FOLDER}/node_modules/${name}/bin/node`;
  if (await isRecentNode(binary)) return binary;
  console.log(`Installing Node ${OWN_NODE} into ${OWN_NODE_FOLDER}/`);
  Deno.mkdirSync(OWN_NODE_FOLDER, { recursive: true });
  await npm([
    "install",
    "--no-save",
    "--prefix",
    OWN_NODE_FOLDER,
    `${name}@${OWN_NODE}`,
  ]);
  return binary;
}

/** The Bun of the lock file. */
export async function findBun(node: string): Promise<string> {
  const binary = `${Deno.cwd()}/node_modules/.bin/bun`;
  const { code } = await run([binary, "--version"], { output: "collect" });
  // Where npm runs no install scripts, the binary isn't in its place yet.
  if (code !== 0) await mustRun([node, "install.js"], "node_modules/bun");
  return binary;
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

function osName(): string {
  const { os } = Deno.build;
  if (os === "linux" || os === "darwin") return os;
  throw new Error(
    `Cannot bring a Node for "${os}": install Node ${OLDEST_NODE} or newer`,
  );
}

function readLock(path: string): Lock | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
