/**
 * Starts a gateway and the site, and prints the addresses of both. `--port` chooses the site's port.
 *
 * @module
 */
import { createGateway, serve } from "@tidings/realtime/server";
import { buildSync } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { choosePort } from "../port.ts";
import { createSite } from "./site.ts";

// In development mode, without a key. In production the gateway runs by itself: set REALTIME_URL and REALTIME_SIGNING_KEY.
const gateway = await serve(createGateway({ dev: true }), { port: 0 });
const site = createSite({ url: gateway.url });

const html = await readFile(new URL("./index.html", import.meta.url), "utf8");
site.get("/", (c) => c.html(html));

// esbuild bundles the page's script and all of its imports.
const [script] = buildSync({
  entryPoints: [fileURLToPath(new URL("./page.ts", import.meta.url))],
  bundle: true,
  minify: true,
  format: "esm",
  write: false,
}).outputFiles;
site.get(
  "/page.js",
  (c) => c.body(script?.text ?? "", 200, { "content-type": "text/javascript" }),
);

const { url } = await serve(site, { port: await choosePort() });
console.log(
  `Open this page:\n${url}\nThe gateway has a page too:\n${gateway.url}`,
);
