/**
 * Starts the site, the agent and a gateway in one process, and prints the addresses of their pages. `--port` chooses the port. They keep
 * their data in the folder `data`, or in that of the environment variable DATA_FOLDER.
 *
 * @module
 */
import { createRealtime } from "@tidings/realtime";
import { createGateway, serve } from "@tidings/realtime/server";
import { SqliteBroker } from "@tidings/realtime/server/sqlite";
import { buildSync } from "esbuild";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { choosePort } from "../port.ts";
import { Agent } from "./agent.ts";
import { refunds } from "./channels.ts";
import { OpenClaims } from "./open_claims.ts";
import { createSite } from "./site.ts";

const folder = process.env.DATA_FOLDER ??
  fileURLToPath(new URL("./data", import.meta.url));
await mkdir(folder, { recursive: true });

// The gateway keeps a week of messages on the disk, and checks replies by their schema. It runs in development mode here; yours runs by
// itself, with `--broker sqlite:./tidings.db --history-ttl 7d`: set REALTIME_URL and REALTIME_SIGNING_KEY for the site and the agent.
const gateway = createGateway({
  dev: true,
  broker: await SqliteBroker.open({
    path: join(folder, "tidings.db"),
    historyTtl: "7d",
  }),
  channels: { "refunds:*": refunds },
});

const port = await choosePort();
const realtime = createRealtime({ url: `http://127.0.0.1:${port}` });
const agent = new Agent(realtime, new OpenClaims(join(folder, "claims.json")));
const site = createSite(agent, realtime);

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

// Pages reach the gateway through the site, and so find it at the same address after a restart.
site.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env));

const { url } = await serve(site, { port });
const page = await serve(gateway, { port: 0 });
console.log(
  `Open this page:\n${url}\nThe gateway has a page too:\n${page.url}`,
);
agent.resume().catch(console.error);
