/**
 * Starts a gateway, the site, and what stands in for the Inngest dev server where INNGEST_DEV names none.
 *
 * @module
 */
import { createRealtime, subscribe } from "@tidings/realtime";
import { createGateway, serve } from "@tidings/realtime/server";
import { buildSync } from "esbuild";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { logsChannel } from "./channels.ts";
import { createLocalInngest } from "./local_inngest.ts";

// What your deployment sets. In development mode the gateway needs no key.
const gateway = await serve(createGateway(), { port: 0 });
process.env.REALTIME_URL = gateway.url;
process.env.INNGEST_DEV ??=
  (await serve(createLocalInngest(), { port: 0 })).url;

const { site } = await import("./site.ts");
const html = await readFile(new URL("./index.html", import.meta.url), "utf8");
site.get("/", (c) => c.html(html));
const script = bundle("./page.tsx");
site.get("/page.js", (c) => {
  c.header("content-type", "text/javascript");
  return c.body(script);
});
const { url } = await serve(site, { port: Number(process.env.PORT ?? 3000) });

// As Inngest's dev server does it: asks the app to register its functions.
await fetch(`${url}/api/inngest`, { method: "PUT" });
console.log(`Open ${url} (the gateway has a page too: ${gateway.url})`);

await subscribe(
  { app: createRealtime(), channel: logsChannel(), topics: ["info"] },
  (message) => console.log(`logs: ${message.data}`),
);

/** Makes one script for the browser of a page and all it imports. */
function bundle(file: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
