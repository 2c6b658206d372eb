import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { buildSync } from "esbuild";
import { Miniflare } from "miniflare";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { closedUrl } from "../support/gateway/local_server.ts";
import { currentRuntime } from "../support/process/programs.ts";
import { unpackedTarball } from "../support/package/tarball.ts";

/** Returns the first error of a subscription to a URL at which nothing listens; a function, for a program and a Worker. */
const TELL = `
import { subscribe } from "./mod.js";

function tell(url) {
  return new Promise((resolve) => {
    const token = { channel: "c", topics: ["t"], key: "k", apiBaseUrl: url };
    const leaving = new AbortController();
    subscribe(token, {
      signal: leaving.signal,
      onError({ message }) {
        leaving.abort();
        resolve(message);
      },
    }).catch(() => {});
  });
}
`;

const PROGRAM = `${TELL}
console.log(await tell(process.argv.at(-1)));
process.exit();
`;

const WORKER = `${TELL}
export default {
  fetch: async (request) =>
    new Response(await tell(new URL(request.url).searchParams.get("url"))),
};
`;

/** The arguments with which each runtime starts a program. */
const COMMANDS = {
  deno: ["run", "--allow-all", "--quiet"],
  bun: [],
  node: [],
} as const;

/** A sentence of the module that is loaded when an attempt has failed. */
const SENTENCE = "Server-Sent Events don't get through";

// At module level, because Deno reports what esbuild leaves open inside a test as a leak.
const folder = await unpackedTarball();
const bundles = await mkdtemp(join(tmpdir(), "tidings-diagnosis-"));

/** Bundles a program with the package's files. */
function bundle(contents: string, name: string, splitting: boolean): void {
  buildSync({
    stdin: { contents, resolveDir: folder, sourcefile: `${name}.js` },
    bundle: true,
    format: "esm",
    splitting,
    conditions: ["workerd", "worker"],
    entryNames: name,
    outdir: join(bundles, name),
    logLevel: "error",
  });
}

bundle(PROGRAM, "single", false);
bundle(PROGRAM, "split", true);
bundle(WORKER, "worker", false);

// Miniflare closes its timers and ports some time after dispose().
describe(
  "the package's diagnosis of an outage",
  { sanitizeResources: false, sanitizeOps: false },
  () => {
    let url: string;
    beforeAll(async () => {
      url = await closedUrl();
      const module = pathToFileURL(join(folder, "mod.js")).href;
      const program = PROGRAM.replace("./mod.js", module);
      await writeFile(join(bundles, "plain.js"), program);
      await writeFile(join(bundles, "package.json"), '{"type":"module"}');
    });
    afterAll(async () => {
      await rm(bundles, { recursive: true });
    });

    async function run(file: string): Promise<string> {
      const args = [...COMMANDS[currentRuntime()], file, url];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return stdout.trim();
    }

    function sentence(reason: string): string {
      return `Cannot reach the gateway at ${url}: ${reason}; trying again`;
    }

    it("works without a bundler", async () => {
      const told = await run(join(bundles, "plain.js"));
      assertEquals(told, sentence("connection refused"));
    });

    for (const name of ["single", "split"]) {
      it(`works in a bundle, ${name}`, async () => {
        const told = await run(join(bundles, name, `${name}.js`));
        assertEquals(told, sentence("connection refused"));
      });
    }

    it("is no part of what a page loads first", async () => {
      const main = await readFile(join(bundles, "split", "split.js"), "utf8");
      assert(!main.includes(SENTENCE));
      const files = await readdir(join(bundles, "split"));
      assertEquals(files.filter((n) => n.startsWith("diagnosis")).length, 1);
    });

    it("works in a Worker", async () => {
      const script = await readFile(
        join(bundles, "worker", "worker.js"),
        "utf8",
      );
      const worker = new Miniflare({
        modules: true,
        script,
        compatibilityDate: "2026-01-01",
        port: 0,
      });
      const { origin } = await worker.ready;
      const query = new URLSearchParams({ url });
      const told = await (await fetch(`${origin}/?${query}`)).text();
      await worker.dispose();
      assert(told.startsWith(`Cannot reach the gateway at ${url}: `), told);
      assert(told.endsWith("; trying again"), told);
    });
  },
);
