import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Broker, MemoryBroker, serve } from "../../../server/mod.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { summaryOf } from "../../support/gateway/differential.ts";
import { collectLog } from "../../support/log.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { post } from "../../support/wire/publish.ts";
import { oddRequests } from "../../support/wire/odd_requests.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

describe("the log of failures", () => {
  it("names the method and the path of a request, never its query", async () => {
    await using log = await collectLog("warning");
    const { records } = log;
    const fail = () => Promise.reject(new TypeError("a mistake"));
    const broker: Broker = Object.assign(new MemoryBroker(), {
      read: fail,
      subscribers: fail,
    });
    {
      await using gateway = await startGateway({ broker });
      const token = await tokenFor(gateway, ["c/t"], { publish: true });
      const query = { channel: "c", topic: "t", token };
      for (const route of ["history", "subscribers"]) {
        const response = await fetch(address(gateway, route, query), {
          headers: { authorization: `Bearer ${gateway.signingKey}` },
        });
        const { error } = await response.json();
        assertEquals([response.status, error], [500, {
          code: "internal",
          message: "The gateway failed; its log says why",
        }]);
      }
      const stages = records.map(({ properties }) => properties.stage);
      assertEquals(stages, [
        "GET /v1/realtime/history",
        "GET /v1/realtime/subscribers",
      ]);
      const text = JSON.stringify(records);
      for (const secret of [token, gateway.signingKey]) {
        assert(!text.includes(secret));
      }
      const published = await post(gateway, {
        ...query,
        route: "publish/batch",
        body: "",
      });
      assertEquals(published.status, 200);
      await published.body?.cancel();
    }
  });

  it("has the failure of an app that a gateway is mounted in, and the answer shows nothing of it", async () => {
    await using log = await collectLog("warning");
    const { records } = log;
    const failures = [
      () => {
        throw new Error("a secret");
      },
      () => Promise.reject(new Error("a secret")),
    ];
    for (const fetchOf of failures) {
      await using server = await serve({ fetch: fetchOf }, { port: 0 });
      const response = await fetch(`${server.url}/?token=secret`);
      const text = await response.text();
      assertEquals([response.status, JSON.parse(text).error], [500, {
        code: "internal",
        message: "The gateway failed; its log says why",
      }]);
    }
    const messages = records.map(({ properties: { stage, error } }) => [
      stage,
      Object(error).message,
    ]);
    assertEquals(messages, [["the app", "a secret"], ["the app", "a secret"]]);
  });

  it("has refusals only after odd requests: none of them is a failure of the gateway", async () => {
    await using cli = new Cli(["--port", "0"], {
      REALTIME_SIGNING_KEY: SIGNING_KEY,
      REALTIME_LOG_LEVEL: "debug",
    });
    const url = await cli.url();
    const token = await tokenFor({ url, signingKey: SIGNING_KEY }, ["c/t"], {
      publish: true,
    });
    const parts = { signingKey: SIGNING_KEY, token };
    await Promise.all(
      oddRequests(parts).map(({ bytes }) => summaryOf(url, bytes)),
    );
    const health = await fetch(`${url}/health`);
    assertEquals((await health.json()).status, "ok");
    cli.kill("SIGKILL");
    const { stdout, stderr } = await cli.finished;
    // The memory broker's warning, and nothing else.
    assertMatch(stderr, /^\S+Z warning durability [^\n]+\n$/);
    const others = stdout.trimEnd().split("\n")
      .filter((line) => !/^\S+Z (?:info|debug) /.test(line));
    assertEquals(others, []);
    assertNotMatch(stdout, /token=|Bearer (?!<)|\n\s+at /);
  });
});
