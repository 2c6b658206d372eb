import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { assertRefused } from "../../support/gateway/assert_refused.ts";
import { runCli } from "../../support/gateway/cli.ts";
import {
  type SqliteCli,
  startSqliteCli,
} from "../../support/gateway/sqlite_cli.ts";
import { publish } from "../../support/wire/publish.ts";
import { producerOf } from "../../support/wire/streams.ts";

/** Runs `tidings inspect` to its end and returns what it prints. */
async function inspect(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(["inspect", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

/** Returns the texts of a folder's files, and when they were written. */
async function filesOf({ folder }: DatabaseFolder): Promise<unknown[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => [
    name,
    (await stat(`${folder}/${name}`)).mtimeMs,
    await readFile(`${folder}/${name}`, "latin1"),
  ]));
}

/** Publishes five messages to one channel and one to another. */
async function publishSome({ target }: SqliteCli): Promise<string[]> {
  const ids: string[] = [];
  for (const n of [1, 2, 3, 4, 5]) {
    ids.push(await publish(target, "runs:1/progress", { percent: 20 * n }));
  }
  await publish(target, "runs:2/progress", "x".repeat(1000));
  return ids;
}

describe("tidings inspect", () => {
  it("shows the file, the largest channels and the newest messages of one, beside a gateway", async () => {
    await using folder = await DatabaseFolder.create();
    await using gateway = await startSqliteCli(folder.path);
    const ids = await publishSome(gateway);
    const all = await inspect(folder.path, "--limit", "1");
    assertMatch(all, /^file {6}\S+test\.db, schema 1$/m);
    assertMatch(all, /^size {6}\S+ KiB, .+ of it free; write-ahead log /m);
    assertMatch(all, /^commits {3}\d+, the last at 20\S+ [\d:]{8} UTC$/m);
    assertMatch(all, /^messages {2}6\nchannels {2}2$/m);
    // 1,000 characters take more than five short messages.
    assertMatch(all, /^ {8}5 {4}\d\.\d KiB {2}20.+ {2}20.+ {2}runs:1$/m);
    assertMatch(all, /--limit <n> shows more of the 2 channels/);
    const one = await inspect(folder.path, "--channel=runs:1", "--limit=2");
    const [, newest] = one.split("channel\n");
    assertEquals(
      [
        ...newest?.matchAll(
          /^(\S+) {2}20\S+ \S+ {2}progress {2}data\n {2}(.*)$/gm,
        ) ??
          [],
      ]
        .map(([, id, data]) => [id, data]),
      [[ids[3], '{"percent":80}'], [ids[4], '{"percent":100}']],
    );
  });

  it("shortens what is wider than a terminal", async () => {
    await using folder = await DatabaseFolder.create();
    await using gateway = await startSqliteCli(folder.path);
    await publishSome(gateway);
    const shown = await inspect(folder.path, "--channel", "runs:2");
    assertStringIncludes(shown, `\n  "${"x".repeat(76)}…\n`);
    const widest = Math.max(...shown.split("\n").slice(1).map((l) => l.length));
    assertEquals(widest, 80);
  });

  it("names the data stream of a message", async () => {
    await using folder = await DatabaseFolder.create();
    await using gateway = await startSqliteCli(folder.path);
    const { target } = gateway;
    const send = producerOf(target, "runs:3", "words");
    await send("start");
    await send("chunk", { data: "Hello" });
    const shown = await inspect(folder.path, "--channel=runs:3");
    assertMatch(shown, / t {2}datastream-start {2}stream words$/m);
    assertMatch(shown, / t {2}chunk {2}stream words\n {2}"Hello"$/m);
  });

  it("prints the same as JSON, with the data in full", async () => {
    await using folder = await DatabaseFolder.create();
    await using gateway = await startSqliteCli(folder.path);
    const ids = await publishSome(gateway);
    const began = Date.now() - 60_000;
    const { file, channels, messages } = JSON.parse(
      await inspect(folder.path, "--json", "--channel=runs:1", "--limit=1"),
    );
    const { schema, commits, messages: count } = file;
    assertEquals([schema, count, file.channels], [1, 6, 2]);
    assertEquals(commits >= 6 && file.committed_at > began, true);
    const [{ channel, bytes, ...its }, ...others] = channels;
    assertEquals([channel, its.messages, others], ["runs:1", 5, []]);
    assertEquals(bytes > 500 && its.oldest_at > began, true);
    const [{ at, ...newest }] = messages;
    assertEquals(at, its.newest_at);
    assertEquals(newest, {
      ...{ id: ids[4], topic: "progress", kind: "data" },
      data: { percent: 100 },
    });
    const { messages: none } = JSON.parse(
      await inspect(folder.path, "--json", "--channel=runs:9"),
    );
    assertEquals(none, []);
  });

  it("writes control characters of names and data as text", async () => {
    await using folder = await DatabaseFolder.create();
    const name = "a\u001b[31m\u202e\nfile";
    await using gateway = await startSqliteCli(folder.path);
    await publish(gateway.target, "c/t", `\u001b[2J\u009b\u2028`);
    gateway.cli.kill("SIGKILL");
    await gateway.cli.finished;
    // The gateway refuses such a name; a database may be anyone's.
    const database = folder.database();
    database.prepare("UPDATE channels SET name = ?").run(name);
    database.close();
    const escaped = "a\\u001b[31m\\u202e\\u000afile";
    assertStringIncludes(await inspect(folder.path), escaped);
    const shown = await inspect(folder.path, "--channel", name);
    assertStringIncludes(shown, '"\\u001b[2J\\u009b\\u2028"');
    assertMatch(shown, /^[\n -~…]+$/);
    const json = await inspect(folder.path, "--json", "--channel", name);
    assertMatch(json, /^[\n -~]+$/);
    assertEquals(JSON.parse(json).channels[0].channel, name);
    assertMatch(await inspect(folder.path, "--channel=\u009b"), /"\\u009b"/);
  });

  it("changes nothing, after a gateway that stopped and one that was killed", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await using folder = await DatabaseFolder.create();
      await using gateway = await startSqliteCli(folder.path);
      await publishSome(gateway);
      gateway.cli.kill(signal);
      await gateway.cli.finished;
      const before = await filesOf(folder);
      assertMatch(await inspect(folder.path), /^messages {2}6$/m);
      const names = before.map((file) => Object(file)[0]);
      assertEquals(names.length, signal === "SIGTERM" ? 2 : 4);
      const after = await filesOf(folder);
      // Every reader marks in this file, which is no part of the data, where it reads.
      const isData = (file: unknown) => !/-shm$/.test(Object(file)[0]);
      assertEquals(after.filter(isData), before.filter(isData));
      assertEquals(after.length, before.length);
    }
  });

  it("says in one line, with exit code 2, why it can't show a file", async () => {
    await using folder = await DatabaseFolder.create();
    const { path } = folder;
    await assertRefused(
      ["inspect", path],
      /^Cannot inspect ".+test\.db": it is missing\n/,
    );
    await writeFile(path, "");
    await assertRefused(["inspect", path], /: it is empty\n/);
    await writeFile(path, "no database ".repeat(100));
    await assertRefused(["inspect", path], /: it is no SQLite database\n/);
    assertEquals(await readdir(folder.folder), ["test.db"]);
  });

  it("says in one line, with exit code 2, what is wrong with its arguments", async () => {
    await assertRefused(["inspect"], /give one file, as in tidings inspect /);
    await assertRefused(["inspect", "a.db", "b.db"], /give one file/);
    await assertRefused(["inspect", "a.db", "--chanel", "x"], /--chanel/);
    for (const limit of ["0", "-1", "1000001", "1e3", ""]) {
      await assertRefused(
        ["inspect", "a.db", `--limit=${limit}`],
        /--limit: .*1 to 1000000/,
      );
    }
  });

  it("prints its options for --help", async () => {
    const text = await inspect("--help");
    for (const option of ["--channel", "--limit", "--json"]) {
      assertStringIncludes(text, option);
    }
    const { stdout } = await runCli(["--help"]);
    assertStringIncludes(stdout, "tidings inspect <file>");
  });
});
