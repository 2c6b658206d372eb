import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { assertRefused } from "../../support/gateway/assert_refused.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { startSqliteCli } from "../../support/gateway/sqlite_cli.ts";
import { currentRuntime } from "../../support/process/programs.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const KEY = { REALTIME_SIGNING_KEY: SIGNING_KEY };

/** Asserts that a gateway refuses a database in one line, with exit code 2. */
function assertUnusable(
  path: string,
  wanted: RegExp,
  env: Record<string, string> = {},
): Promise<void> {
  const args = ["--port", "0", "--broker", `sqlite:${path}`];
  return assertRefused(args, wanted, { ...KEY, ...env });
}

/** Starts a gateway, stops it, and returns the sentences of its warnings about what a restart or a power cut loses. */
async function lossesOf(args: readonly string[]): Promise<string[]> {
  await using cli = new Cli(["--port", "0", ...args], KEY);
  await cli.url();
  cli.kill("SIGINT");
  const { stderr } = await cli.finished;
  const lines = stderr.matchAll(/^\S+ warning durability {2}(.*)$/gm);
  return [...lines].map(([, sentence = ""]) => sentence);
}

describe("the gateway's command line with a SQLite database", () => {
  it("has every acknowledged message after it was killed", async () => {
    await using folder = await DatabaseFolder.create();
    const ids: string[] = [];
    for (const data of [1, 2, 3]) {
      await using gateway = await startSqliteCli(folder.path);
      const { target } = gateway;
      ids.push(await publish(target, "c/t", data));
      const token = await tokenFor(target, ["c/t"]);
      const { client } = await connectReady(target, { token, since: "start" });
      const frames = [];
      for (const _ of ids) frames.push(await client.next());
      assertEquals(frames.map(({ id }) => id), ids);
      await client.close();
      gateway.cli.kill("SIGKILL");
    }
  });

  it("says in one line, with exit code 2, that another gateway has the database", async () => {
    await using folder = await DatabaseFolder.create();
    await using _gateway = await startSqliteCli(folder.path);
    await assertUnusable(
      folder.path,
      /^Cannot open the database .+: another process uses it\n$/,
    );
  });

  it("says in one line, with exit code 2, why a file or its folder can't be used", async () => {
    await using folder = await DatabaseFolder.create();
    await assertUnusable(
      join(folder.folder, "missing", "a.db"),
      /: the folder "[^"]+missing" is missing\n$/,
    );
    await writeFile(folder.path, "no database ".repeat(100));
    await assertUnusable(folder.path, /: it is no SQLite database\n$/);
  });

  it("takes the bounds of its logs, its memory and its file", async () => {
    await using folder = await DatabaseFolder.create();
    const flags = ["--history-ttl=7d", "--history-size=2"];
    const budgets = ["--memory-budget=1048576", "--storage-budget=16777216"];
    await using gateway = await startSqliteCli(folder.path, [
      ...flags,
      ...budgets,
    ]);
    const { target } = gateway;
    for (const data of [1, 2, 3]) await publish(target, "c/t", data);
    const token = await tokenFor(target, ["c/t"]);
    const { client } = await connectReady(target, { token, since: "start" });
    assertEquals(await client.takeData(2), [2, 3]);
    await client.close();
  });

  it("says what a restart or a power cut loses, where that is up to the operator", async () => {
    await using folder = await DatabaseFolder.create();
    const [inMemory = "", ...more] = await lossesOf([]);
    assertMatch(inMemory, /a restart loses them; --broker sqlite:/);
    const url = `sqlite:${folder.path}`;
    const [normal = "", ...others] = await lossesOf([
      "--broker",
      `${url}?synchronous=normal`,
    ]);
    assertMatch(normal, /a power cut may lose the newest acknowledged/);
    assertEquals([...more, ...others], []);
    assertEquals(await lossesOf(["--broker", url]), []);
    assertEquals(await lossesOf(["--dev"]), []);
  });

  // The other runtimes have no flag for it.
  if (currentRuntime() !== "node") return;
  it(
    "says in one line, with exit code 2, which Node has SQLite",
    async () => {
      await using folder = await DatabaseFolder.create();
      const env = { NODE_OPTIONS: "--no-experimental-sqlite" };
      const wanted =
        /: Node [\d.]+ has no node:sqlite; use Node 22\.13 or later\n/;
      await assertUnusable(folder.path, wanted, env);
      assertEquals(await readdir(folder.folder), []);
    },
  );
});
