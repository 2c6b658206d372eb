/**
 * Starts a gateway, the site and, unless INNGEST_DEV is set, a stand-in for the Inngest dev server.
 * `--port` chooses the site's port.
 *
 * @module
 */
import { createRealtime, subscribe } from "@tidings/realtime";
import { createGateway, serve } from "@tidings/realtime/server";
import { buildSync } from "esbuild";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { choosePort } from "../port.ts";
import { logsChannel } from "./channels.ts";
import { createLocalInngest } from "./local_inngest.ts";

// Your deployment sets these variables. In development mode the gateway needs no key.
const gateway = await serve(createGateway({ dev: true }), { port: 0 });
process.env.REALTIME_URL = gateway.url;
process.env.INNGEST_DEV ??=
  (await serve(createLocalInngest(), { port: 0 })).url;

const { site } = await import("./site.ts");
const html = await readFile(new URL("./index.html", import.meta.url), "utf8");
site.get("/", (c) => c.html(html));

// esbuild bundles the page's script and all of its imports.
const [script] = buildSync({
  entryPoints: [fileURLToPath(new URL("./page.tsx", import.meta.url))],
  bundle: true,
  minify: true,
  format: "esm",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  write: false,
}).outputFiles;
site.get(
  "/page.js",
  (c) => c.body(script?.text ?? "", 200, { "content-type": "text/javascript" }),
);
const { url } = await serve(site, { port: await choosePort() });

// Makes the app register its functions, as Inngest's dev server does.
await fetch(`${url}/api/inngest`, { method: "PUT" });
console.log(
  `Open this page:\n${url}\nThe gateway has a page too:\n${gateway.url}`,
);

await subscribe(
  { app: createRealtime(), channel: logsChannel(), topics: ["info"] },
  (message) => console.log(`logs: ${message.data}`),
);
