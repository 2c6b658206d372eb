import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { VERSION } from "../../../core/protocol/version.ts";
import { FLAGS, variableOf } from "../../../server/command_line/config.ts";
import { DEVELOPMENT_SIGNING_KEY } from "../../../core/protocol/signing_key.ts";
import { assertRefused } from "../../support/gateway/assert_refused.ts";
import { Cli, runCli } from "../../support/gateway/cli.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { postJson, publish } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** Returns the names of the events of a text log. */
function eventsOf(text: string): string[] {
  return text.trimEnd().split("\n")
    .map((line) => /^\S+Z \w+ +(\S+) +\S/.exec(line)?.[1] ?? line);
}

describe("the gateway's command line", () => {
  it("prints every flag with its variable for --help", async () => {
    const { code, stdout, stderr } = await runCli(["--help"]);
    assertEquals([code, stderr], [0, ""]);
    for (const name of Object.keys(FLAGS)) {
      assertStringIncludes(stdout, `--${name}`);
      assertStringIncludes(stdout, variableOf(name));
    }
  });

  it("prints only the version for --version", async () => {
    const { code, stdout } = await runCli(["--version"]);
    assertEquals([code, stdout], [0, `${VERSION}\n`]);
  });

  it("listens on a free port for --port 0, prints one line with the URL, and others when it ends", async () => {
    await using cli = new Cli(["--port", "0", "--dev"]);
    const url = await cli.url();
    assertMatch(url, /^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const target = { url, signingKey: DEVELOPMENT_SIGNING_KEY };
    const token = await tokenFor(target, ["c/t"]);
    const { client } = await connectReady(target, { token });
    const { status, id } = await postJson(target, {
      channel: "c",
      topic: "t",
      body: "1",
      bearer: "",
    });
    assertEquals([status, (await client.next()).id], [200, id]);
    await client.close();
    cli.kill("SIGINT");
    const { code, stdout, stderr } = await cli.finished;
    assertEquals(code, 0);
    assertEquals(eventsOf(stdout), ["started", "stopping", "drained"]);
    assertMatch(stderr, /^\S+ warning development Development mode: [^\n]+\n$/);
    assertMatch(stderr, /set REALTIME_SIGNING_KEY/);
  });

  it("tells its clients to reconnect on SIGTERM, and exits with 0", async () => {
    await using cli = new Cli(["--port", "0"], {
      REALTIME_SIGNING_KEY: SIGNING_KEY,
      REALTIME_HISTORY_SIZE: "2",
    });
    const target = { url: await cli.url(), signingKey: SIGNING_KEY };
    for (const data of [1, 2, 3]) await publish(target, "c/t", data);
    const token = await tokenFor(target, ["c/t"]);
    const { client } = await connectReady(target, { token, since: "start" });
    await using sse = await connectSse(target, { token, v1: true });
    await sse.ready();
    // The history size of the environment is in force.
    assertEquals(await client.takeData(2), [2, 3]);
    cli.kill("SIGTERM");
    const closing = await client.next();
    assertEquals(closing.kind, "closing");
    assert(Object(closing.data).retry_after_ms <= 10_000);
    assertEquals((await client.closed).code, 1012);
    assertEquals((await sse.next()).kind, "closing");
    assertEquals(await sse.rest(), "");
    const { code, stderr } = await cli.finished;
    assertEquals(code, 0);
    // The only warning is that of the memory broker.
    assertMatch(
      stderr,
      /^\S+ warning durability {2}The logs are in memory: [^\n]+\n$/,
    );
  });

  it("says that --dev wins over a signing key", async () => {
    await using cli = new Cli(["--port", "0", "--dev"], {
      REALTIME_SIGNING_KEY: SIGNING_KEY,
    });
    await cli.url();
    cli.kill("SIGINT");
    const { stderr } = await cli.finished;
    assertMatch(stderr, /^[^\n]+--dev \(REALTIME_DEV\) wins over[^\n]+\n$/);
  });

  it("prints every line as JSON for --log-format json, with the URL whatever the level is", async () => {
    await using cli = new Cli(
      ["--port", "0", "--dev", "--log-format", "json"],
      { REALTIME_LOG_LEVEL: "error" },
    );
    const url = await cli.url();
    const wrong = await fetch(url, {
      headers: { origin: "https://a.example" },
    });
    assertEquals(wrong.status, 403);
    await wrong.body?.cancel();
    cli.kill("SIGTERM");
    const { stdout, stderr } = await cli.finished;
    const lines = (stdout + stderr).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    // Refusals show in development mode, and what says that it is development mode.
    assertEquals(lines.map(({ level, event }) => [level, event]), [
      ["info", "started"],
      ["info", "refused"],
      ["warning", "development"],
    ]);
    assertEquals(lines[0].url, url);
    assertEquals(lines[1].origin, "https://a.example");
    for (const { time } of lines) {
      assertEquals(new Date(time).toISOString(), time);
    }
  });

  it("prints the mistake that keeps it from starting as JSON for REALTIME_LOG_FORMAT=json", async () => {
    const env = { REALTIME_LOG_FORMAT: "json" };
    for (const args of [["--prot", "80"], ["--dev", "--port", "-1"]]) {
      const { code, stdout, stderr } = await runCli(args, env);
      assertEquals([code, stdout], [2, ""]);
      const { level, event, stage, error } = JSON.parse(stderr);
      assertEquals([level, event, stage], ["error", "failed", "the start"]);
      assertMatch(error, /prot|--port: a port must be/);
    }
  });

  it("shows refusals to everyone, but connections and messages only for --log-level debug", async () => {
    for (const level of ["debug", "info", "warning"]) {
      await using cli = new Cli(
        ["--port", "0", "--log-level", level],
        { REALTIME_SIGNING_KEY: SIGNING_KEY },
      );
      const target = { url: await cli.url(), signingKey: SIGNING_KEY };
      const token = await tokenFor(target, ["c/t"]);
      const { client } = await connectReady(target, { token });
      await publish(target, "c/t", 1);
      await postJson(target, { channel: "c", topic: "t", bearer: "wrong" });
      await client.close();
      cli.kill("SIGTERM");
      const shown = new Set(eventsOf((await cli.finished).stdout));
      const all = ["connected", "subscribed", "published", "closed"];
      for (const name of all) assertEquals(shown.has(name), level === "debug");
      for (const name of ["refused", "stopping", "drained"]) {
        assertEquals(shown.has(name), level !== "warning");
      }
      assert(shown.has("started"));
    }
  });

  it("reports a port in use in one line, with exit code 1", async () => {
    await using gateway = await startGateway();
    const { port } = new URL(gateway.url);
    const { code, stdout, stderr } = await runCli(["--port", port, "--dev"]);
    assertEquals([code, stdout], [1, ""]);
    assertEquals(
      stderr,
      `Cannot listen on 127.0.0.1:${port}: the port is in use; choose another with --port, or 0 for a free one\n`,
    );
  });

  it("reports an unknown flag in one line, with exit code 2", () =>
    assertRefused(["--prot", "80"], /--prot/));

  it("reports a bad value and its flag in one line, with exit code 2", () =>
    assertRefused(["--port", "99999"], /--port: .*0 to 65535/));

  it("reports a short signing key in one line without the key, with exit code 2", async () => {
    await assertRefused(
      ["--signing-key", "s3cret"],
      /^(?!.*s3cret).*--signing-key.*32/,
    );
  });

  it("reports that neither a key nor --dev is given in one line with both, with exit code 2", async () => {
    for (const more of [[], ["--host", "0.0.0.0"]]) {
      await assertRefused(
        ["--port", "0", ...more],
        /--signing-key.*REALTIME_SIGNING_KEY.*--dev/,
      );
    }
  });

  it("reports development mode on a host that is not loopback in one line, with exit code 2", () =>
    assertRefused(
      ["--host", "0.0.0.0", "--port", "0", "--dev"],
      /development mode.*--signing-key/,
    ));
});
