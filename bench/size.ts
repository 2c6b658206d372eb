/**
 * Prints what parts of the package weigh in a browser's bundle, next to
 * Inngest's own client, and exits with 1 where one is over its limit.
 *
 * @module
 */

import { basename } from "node:path";
import { installPackages } from "../tests/run/setup.ts";
import { ROOT } from "./support.ts";

interface Entry {
  readonly label: string;
  /** The program that is bundled. */
  readonly program: string;
  /** Bytes it may have, minified and compressed; none for comparisons. */
  readonly limit?: number;
}

const ENTRIES: readonly Entry[] = [
  {
    label: "@tidings/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "./mod.ts";',
    limit: 5_000,
  },
  {
    label: "@inngest/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "@inngest/realtime";',
  },
  {
    label: "@tidings/realtime/hooks: useInngestSubscription",
    program: 'export { useInngestSubscription } from "./hooks.ts";',
    limit: 7_000,
  },
  {
    label: "@inngest/realtime/hooks: useInngestSubscription",
    program:
      'export { useInngestSubscription } from "@inngest/realtime/hooks";',
  },
];

/** What a program becomes: the part that loads with the page, and what loads when it is needed. */
interface Bundle {
  readonly start: Uint8Array[];
  /** Server-Sent Events, where WebSockets can't be had; what sends. */
  readonly later: Uint8Array[];
}

/** Bundles into one file, with everything that may be needed later. */
async function bundleWhole(program: string): Promise<Uint8Array> {
  const { build } = await import("esbuild");
  const { outputFiles: [file] } = await build({
    stdin: { contents: program, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    external: ["react"],
    write: false,
    logLevel: "error",
  });
  if (!file) throw new Error("The bundler wrote no file");
  return file.contents;
}

/** Bundles as apps' bundlers do: what is imported dynamically is a file of its own. */
async function bundle(program: string): Promise<Bundle> {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    external: ["react"],
    metafile: true,
    outdir: ROOT,
    write: false,
    logLevel: "error",
  });
  const outputs = new Map(
    Object.entries(metafile.outputs)
      .map(([path, output]) => [basename(path), output]),
  );
  const starting = new Set<string>();
  const waiting = [...outputs].flatMap(([name, { entryPoint }]) =>
    entryPoint === "<stdin>" ? [name] : []
  );
  for (let name; (name = waiting.pop()) !== undefined;) {
    starting.add(name);
    for (const { path, kind, external } of outputs.get(name)?.imports ?? []) {
      if (!external && kind === "import-statement") {
        waiting.push(basename(path));
      }
    }
  }
  const start: Uint8Array[] = [];
  const later: Uint8Array[] = [];
  for (const { path, contents } of outputFiles) {
    (starting.has(basename(path)) ? start : later).push(contents);
  }
  if (start.length === 0) throw new Error("The bundler wrote no file");
  return { start, later };
}

async function gzipAll(chunks: readonly Uint8Array[]): Promise<number> {
  let sum = 0;
  for (const chunk of chunks) sum += await gzip(chunk);
  return sum;
}

/** The command, not a library: compressors differ by a percent. */
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
  for (const { label, program, limit } of ENTRIES) {
    const { start, later } = await bundle(program);
    const size = await gzipAll(start);
    const over = limit !== undefined && size > limit;
    if (over) code = 1;
    const verdict = limit === undefined
      ? ""
      : `, limit ${bytes(limit)}: ${over ? "TOO LARGE" : "ok"}`;
    const rest = later.length === 0
      ? ""
      : `; ${bytes(await gzipAll(later))} load when they are needed, ` +
        `${bytes(await gzip(await bundleWhole(program)))} in one file`;
    console.log(`${label}: ${bytes(size)} with gzip -9${verdict}${rest}`);
  }
  await (await import("esbuild")).stop();
  return code;
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}

Deno.exit(await main());
