/**
 * Starts a gateway, and the worker on workerd, the runtime of Cloudflare Workers; prints the worker's address.
 * `--port` chooses the worker's port.
 *
 * @module
 */
import { createGateway, serve } from "@tidings/realtime/server";
import { buildSync } from "esbuild";
import { Miniflare } from "miniflare";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { choosePort } from "../port.ts";

const signingKey = randomBytes(32).toString("hex");
const gateway = await serve(createGateway({ signingKey }), { port: 0 });

// esbuild bundles the worker and all of its imports.
const [script] = buildSync({
  entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker"],
  write: false,
}).outputFiles;

const worker = new Miniflare({
  modules: true,
  script: script?.text ?? "",
  compatibilityDate: "2026-01-01",
  port: await choosePort(),
  bindings: {
    REALTIME_URL: gateway.url,
    REALTIME_SIGNING_KEY: signingKey,
    PAGE: await readFile(new URL("./index.html", import.meta.url), "utf8"),
  },
});
console.log(`Open this page:\n${(await worker.ready).origin}`);
