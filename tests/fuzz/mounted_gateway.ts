/**
 * A gateway that is mounted in a Hono app, so that no request takes the fast path. Its arguments are `--port` and `--signing-key`.
 *
 * @module
 */

import { Hono } from "hono";
import process from "node:process";
import { parseArgs } from "node:util";
import { createGateway, serve } from "../../server/mod.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "signing-key": { type: "string", default: "" },
  },
});
const gateway = createGateway({ signingKey: values["signing-key"] });
const app = new Hono();
app.all("*", (c) => gateway.fetch(c.req.raw, c.env));
const { url } = await serve(app, { port: Number(values.port) });
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1)).resume();
console.log(`The mounted gateway listens on ${url}`);
