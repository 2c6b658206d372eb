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
import { currentRuntime } from "../../../support/process/programs.ts";
import { ROOT } from "../../../support/root.ts";

/** Publishes two messages with the module of its first argument, and prints how many the log has. */
const PROGRAM = `
import process from "node:process";

const [module, path] = process.argv.slice(2);
const { SqliteBroker } = await import(module);
const broker = await SqliteBroker.open({ path });
const message = { topic: "t", kind: "data", head: '{"data":1' };
await broker.publish("c", [message, message]);
const { entries } = await broker.read("c", 0, 10, 1000);
console.log(entries.length);
await broker.close();
`;

const MODULE = "/server/brokers/sqlite.ts";
const LOGTAPE = "/node_modules/@logtape/logtape/dist";

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

/** Runs the program in a process of its own, and returns what it prints. */
async function run(
  { folder, path }: DatabaseFolder,
  module: string,
  flags: readonly string[] = [],
): Promise<string> {
  const program = join(folder, "program.mjs");
  await writeFile(program, PROGRAM);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, program, module, path],
    { env: { ...process.env, DENO_DIR: join(folder, "cache") } },
  );
  return stdout;
}

describe("the thread of a SQLite broker", () => {
  it("starts where the modules are files", async () => {
    await using folder = await DatabaseFolder.create();
    const flags = currentRuntime() === "deno"
      ? ["run", "--allow-all", "--quiet", `--config=${ROOT}/deno.json`]
      : [];
    const module = pathToFileURL(join(ROOT, MODULE)).href;
    assertEquals(await run(folder, module, flags), "2\n");
  });

  // Only Deno loads modules by HTTP, as it does with packages of JSR.
  if (currentRuntime() !== "deno") return;
  it("starts where the modules come from a server", async () => {
    await using server = await startFileServer();
    await using folder = await DatabaseFolder.create();
    const imports = {
      "@logtape/logtape": `${server.url}${LOGTAPE}/mod.js`,
      "#util": `${server.url}${LOGTAPE}/util.js`,
    };
    const map = join(folder.folder, "imports.json");
    await writeFile(map, JSON.stringify({ imports }));
    const flags = ["run", "--allow-all", "--quiet", "--no-config"];
    const printed = await run(folder, server.url + MODULE, [
      ...flags,
      `--import-map=${map}`,
    ]);
    assertEquals(printed, "2\n");
  });
});
