/**
 * Starts a gateway, in a process of its own, and the site, and prints the addresses of their pages. `--port` chooses the site's port. They
 * keep their data in the folder `data`, or in that of the environment variable DATA_FOLDER.
 *
 * @module
 */
import { createRealtime } from "@tidings/realtime";
import { serve } from "@tidings/realtime/server";
import { buildSync } from "esbuild";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { choosePort, freePort } from "../port.ts";
import { Chats } from "./chats.ts";
import { runGateway } from "./gateway.ts";
import { createSite } from "./site.ts";

const folder = process.env.DATA_FOLDER ??
  fileURLToPath(new URL("./data", import.meta.url));
await mkdir(folder, { recursive: true });

// In development mode, without a key. In production, set REALTIME_URL and REALTIME_SIGNING_KEY.
const port = await choosePort();
const gatewayPort = await freePort();
await runGateway(gatewayPort, join(folder, "tidings.db"));

const realtime = createRealtime({
  url: `http://127.0.0.1:${gatewayPort}`,
  // An answer waits for a gateway that restarts: about 45 s, where the default is 4 s.
  retry: { attempts: 10 },
});
const chats = new Chats(join(folder, "chats.db"));
const site = createSite(realtime, chats, { log: console.log });

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

const { url } = await serve(site, { port });
console.log(
  `Open this page:\n${url}\nThe gateway has a page too:\nhttp://127.0.0.1:${gatewayPort}`,
);
