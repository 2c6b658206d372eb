/**
 * Prints the size of parts of the package in a browser's bundle, from the
 * sources and from the tarball for npm, next to Inngest's own client. Exits
 * with 1 if one is over its limit.
 *
 * @module
 */

import { installPackages } from "../tests/run/setup.ts";
import { ROOT } from "../tests/support/root.ts";

interface Entry {
  readonly label: string;
  /** The program that is bundled. */
  readonly program: string;
  /** Where relative imports start; the clone if it is missing. */
  readonly from?: "tarball";
  /** Maximum size in bytes, minified and compressed. Comparisons have none. */
  readonly limit?: number;
}

const ENTRIES: readonly Entry[] = [
  {
    label: "@tidings/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "./mod.ts";',
    limit: 8_500,
  },
  {
    label: "@tidings/realtime: subscribe, channel, topic, from the tarball",
    program: 'export { subscribe, channel, topic } from "./mod.js";',
    from: "tarball",
    limit: 8_500,
  },
  {
    label: "@inngest/realtime: subscribe, channel, topic",
    program: 'export { subscribe, channel, topic } from "@inngest/realtime";',
  },
  {
    label: "@tidings/realtime/hooks: useSubscription",
    program: 'export { useSubscription } from "./hooks.ts";',
    limit: 9_250,
  },
  {
    label: "@tidings/realtime/hooks: useInngestSubscription, from the tarball",
    program: 'export { useInngestSubscription } from "./hooks.js";',
    from: "tarball",
    limit: 9_250,
  },
  {
    label: "@inngest/realtime/hooks: useInngestSubscription",
    program:
      'export { useInngestSubscription } from "@inngest/realtime/hooks";',
  },
];

/** Bundles a program into one file, without code splitting. */
async function bundle({ program, from }: Entry): Promise<Uint8Array> {
  const resolveDir = from === "tarball" ? await unpacked() : ROOT;
  const { build } = await import("esbuild");
  const { outputFiles: [file] } = await build({
    stdin: { contents: program, resolveDir, loader: "ts" },
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
    const size = await gzip(await bundle(entry));
    const over = limit !== undefined && size > limit;
    if (over) code = 1;
    const verdict = limit === undefined
      ? ""
      : `, limit ${bytes(limit)}: ${over ? "TOO LARGE" : "ok"}`;
    console.log(`${label}: ${bytes(size)} in one file, gzip -9${verdict}`);
  }
  await (await import("esbuild")).stop();
  return code;
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}

Deno.exit(await main());
