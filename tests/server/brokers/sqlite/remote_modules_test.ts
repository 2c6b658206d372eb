import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import {
  listen,
  type LocalServer,
} from "../../../support/gateway/local_server.ts";
import { ROOT } from "../../../support/root.ts";

/** Publishes two messages and prints whether the log has them. */
const PROGRAM = `
import process from "node:process";

const [url, path] = process.argv.slice(2);
const { SqliteBroker } = await import(url);
const broker = await SqliteBroker.open({ path });
const message = { topic: "t", kind: "data", head: '{"data":1' };
const ids = await broker.publish("c", [message, message]);
const { entries } = await broker.read("c", 0, 10, 1000);
console.log(ids.length, entries.length);
await broker.close();
`;

const MODULE = "server/brokers/sqlite.ts";
const LOGTAPE = "node_modules/@logtape/logtape/dist";

/** Serves the files of the clone. */
function startFileServer(): Promise<LocalServer> {
  return listen(createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const type = pathname.endsWith(".ts") ? "typescript" : "javascript";
    const file = await readFile(join(ROOT, pathname));
    response.writeHead(200, { "content-type": `application/${type}` });
    response.end(file);
  }));
}

describe("the modules of the SQLite broker", () => {
  // Only Deno loads modules by HTTP, as it does with packages of JSR.
  it("start the thread from where they came, by HTTP on Deno", async () => {
    await using server = await startFileServer();
    await using folder = await DatabaseFolder.create();
    const program = join(folder.folder, "program.mjs");
    await writeFile(program, PROGRAM);
    const map = join(folder.folder, "imports.json");
    const imports = {
      "@logtape/logtape": `${server.url}/${LOGTAPE}/mod.js`,
      "#util": `${server.url}/${LOGTAPE}/util.js`,
    };
    await writeFile(map, JSON.stringify({ imports }));
    const isDeno = "Deno" in globalThis;
    const url = isDeno
      ? `${server.url}/${MODULE}`
      : pathToFileURL(join(ROOT, MODULE)).href;
    const options = isDeno
      ? [
        ...["run", "--allow-all", "--quiet", "--no-config", "--no-lock"],
        `--import-map=${map}`,
      ]
      : [];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...options, program, url, folder.path],
      { env: { ...process.env, DENO_DIR: join(folder.folder, "cache") } },
    );
    assertEquals(stdout, "2 2\n");
  });
});
