/**
 * Prints the size of parts of the package in a browser's bundle, from the
 * sources and from the tarball for npm, next to Inngest's own client: what a
 * page loads at once, and what it loads later, if at all. Exits with 1 if one
 * is over its limit.
 *
 * @module
 */

import { join } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import { installPackages } from "../tests/run/setup.ts";
import { ROOT } from "../tests/support/root.ts";

interface Entry {
  readonly label: string;
  /** The program that is bundled. */
  readonly program: string;
  /** Where relative imports start; the clone if it is missing. */
  readonly from?: "tarball";
  /** The largest size. Comparisons have none. */
  readonly limit?: Sizes;
}

/** Bytes of a bundle, minified and compressed. */
interface Sizes {
  /** The file that a page loads at once. */
  readonly first: number;
  /** The files that it loads only if it needs them. A bundler without code splitting adds them to the first one. */
  readonly later: number;
}

/**
 * Most pages never load the code for Server-Sent Events, the code that finds out the reason of a failed connection, and the code that sends.
 * Each is measured alone, together with what the first file has already.
 */
const LATER = 1_650 + 1_650 + 3_250;

/** No page loads the code that gets tokens on servers. */
const SERVER = 3_250;

const ENTRIES: readonly Entry[] = [
  {
    label: "@tidings/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "./mod.ts";',
    limit: { first: 9_290, later: LATER + SERVER },
  },
  {
    label: "@tidings/realtime: subscribe, channel, topic, from the tarball",
    program: 'export { subscribe, channel, topic } from "./mod.js";',
    from: "tarball",
    limit: { first: 9_290, later: LATER + SERVER },
  },
  {
    label: "@inngest/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "@inngest/realtime";',
  },
  {
    label: "@tidings/realtime/hooks: useSubscription",
    program: 'export { useSubscription } from "./hooks.ts";',
    limit: { first: 11_060, later: LATER },
  },
  {
    label: "@tidings/realtime/hooks: useInngestSubscription, from the tarball",
    program: 'export { useInngestSubscription } from "./hooks.js";',
    from: "tarball",
    limit: { first: 11_060, later: LATER },
  },
  {
    label: "@tidings/realtime/ai: createChatTransport",
    program: 'export { createChatTransport } from "./ai.ts";',
    limit: { first: 11_290, later: LATER },
  },
  {
    label: "@inngest/realtime/hooks: useInngestSubscription",
    program:
      'export { useInngestSubscription } from "@inngest/realtime/hooks";',
  },
];

/** Leaves out of a bundle what its code imports only when it needs it, and notes where that is. */
function leaveOut(files: Map<string, string>): Plugin {
  return {
    name: "leave-out",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        files.set(path, join(resolveDir, path));
        return { path, external: true };
      });
    },
  };
}

async function measure({ program, from }: Entry): Promise<Sizes> {
  const resolveDir = from === "tarball" ? await unpacked() : ROOT;
  const stdin = { contents: program, resolveDir, loader: "ts" } as const;
  const { size: first, later: files } = await bundle({ stdin });
  let later = 0;
  for (const file of files) {
    later += (await bundle({ entryPoints: [file] })).size;
  }
  return { first, later };
}

/** Bundles what is loaded at once into one file; returns its compressed size, and the files that its code may load later. */
async function bundle(
  input: Pick<BuildOptions, "stdin" | "entryPoints">,
): Promise<{ size: number; later: string[] }> {
  const { build } = await import("esbuild");
  const files = new Map<string, string>();
  const { outputFiles: [file], metafile: { outputs } } = await build({
    ...input,
    bundle: true,
    minify: true,
    format: "esm",
    external: ["react"],
    plugins: [leaveOut(files)],
    metafile: true,
    write: false,
    logLevel: "error",
  });
  if (!file) throw new Error("The bundler wrote no file");
  // Code that is left out of the bundle loads nothing.
  const later = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .flatMap(({ path }) => files.get(path) ?? []);
  return { size: await gzip(file.contents), later };
}

/** Returns the folder of the tarball's files. What packs it is loaded once its packages are installed. */
async function unpacked(): Promise<string> {
  const { unpackedTarball } = await import(
    "../tests/support/package/tarball.ts"
  );
  return await unpackedTarball();
}

/** Compresses with the gzip command, because other compressors differ by a percent. */
async function gzip(bytes: Uint8Array): Promise<number> {
  const child = new Deno.Command("gzip", {
    args: ["-9"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const { success, stdout } = await child.output();
  await written;
  if (!success) throw new Error("gzip failed");
  return stdout.length;
}

async function main(): Promise<number> {
  await installPackages();
  let code = 0;
  for (const entry of ENTRIES) {
    const { label, limit } = entry;
    const { first, later } = await measure(entry);
    const isOver = limit !== undefined &&
      (first > limit.first || later > limit.later);
    if (isOver) code = 1;
    const limits = limit
      ? `, limits ${bytes(limit.first)} and ${bytes(limit.later)}: ${
        isOver ? "TOO LARGE" : "ok"
      }`
      : "";
    console.log(
      `${label}: ${bytes(first)} at once, ${
        bytes(later)
      } later, gzip -9${limits}`,
    );
  }
  await (await import("esbuild")).stop();
  return code;
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}

Deno.exit(await main());
