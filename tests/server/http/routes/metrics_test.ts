import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startGateway } from "../../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../../support/log.ts";
import {
  ADMIN_KEY,
  parseSamples,
  requestMetrics,
} from "../../../support/metrics/samples.ts";
import { tokenFor } from "../../../support/wire/websocket.ts";

/** Returns the status, the code and the message of a refusal. */
async function refusalOf(response: Response): Promise<unknown[]> {
  const { code, message } = (await response.json()).error;
  return [response.status, code, message];
}

const WITHOUT_KEY = [
  401,
  "unauthenticated",
  "Cannot GET /metrics without the admin key: send it as Authorization: Bearer <admin key>",
];

describe("GET /metrics", () => {
  it("answers with the admin key, in the text format of Prometheus", async () => {
    await using gateway = await startGateway({ adminKey: ADMIN_KEY });
    const response = await requestMetrics(gateway);
    assertEquals(response.status, 200);
    assertEquals(
      response.headers.get("content-type"),
      "text/plain; version=0.0.4; charset=utf-8",
    );
    assertEquals(response.headers.get("cache-control"), "no-store");
    const text = await response.text();
    assertMatch(text, /^# HELP tidings_connections /m);
    assertEquals(parseSamples(text).get("tidings_channels"), 0);
  });

  it("answers HEAD without a body, and has no other method", async () => {
    await using gateway = await startGateway({ adminKey: ADMIN_KEY });
    const head = await requestMetrics(gateway, ADMIN_KEY, "HEAD");
    assertEquals([head.status, await head.text()], [200, ""]);
    const stranger = await requestMetrics(gateway, "", "HEAD");
    assertEquals(stranger.status, 401);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const other = await requestMetrics(gateway, ADMIN_KEY, method);
      assertEquals(await refusalOf(other), [
        404,
        "not_found",
        `Cannot ${method} /metrics: there is no such route`,
      ]);
    }
  });

  it("is refused without the key, with another one, with a token and with the signing key", async () => {
    await using gateway = await startGateway({ adminKey: ADMIN_KEY });
    const others = [
      "",
      "x",
      ADMIN_KEY.slice(0, -1),
      `${ADMIN_KEY}0`,
      `${ADMIN_KEY.slice(0, -1)}x`,
      gateway.signingKey,
      await tokenFor(gateway, ["c/t"], { publish: true }),
    ];
    for (const bearer of others) {
      const response = await requestMetrics(gateway, bearer);
      assertEquals(await refusalOf(response), WITHOUT_KEY);
    }
  });

  it("writes neither the key nor what came in its place into the log", async () => {
    await using log = await collectLog("debug");
    {
      await using gateway = await startGateway({ adminKey: ADMIN_KEY });
      const other = "another-key-0123456789abcdef0123456789abcdef";
      for (const bearer of [ADMIN_KEY, other]) {
        await (await requestMetrics(gateway, bearer)).body?.cancel();
      }
      const { url } = gateway;
      await (await fetch(`${url}/metrics?key=${other}`)).body?.cancel();
    }
    const text = JSON.stringify(log.records);
    const refusals = eventsIn(log, "refused").map(({ code }) => code);
    assertEquals(refusals, [401, 401]);
    assert(!text.includes("admin-key-0") && !text.includes("another-key-0"));
  });

  it("is not there without an admin key, and says how to set one", async () => {
    await using gateway = await startGateway();
    for (const bearer of ["", ADMIN_KEY, gateway.signingKey]) {
      assertEquals(await refusalOf(await requestMetrics(gateway, bearer)), [
        404,
        "not_found",
        "Cannot GET /metrics: this gateway has no admin key; set --admin-key (REALTIME_ADMIN_KEY)",
      ]);
    }
  });

  it("needs no key in development mode, unless there is one", async () => {
    await using open = await startGateway({ dev: true });
    const answer = await requestMetrics(open, "");
    assertEquals(answer.status, 200);
    await answer.body?.cancel();
    await using closed = await startGateway({ dev: true, adminKey: ADMIN_KEY });
    const refused = await requestMetrics(closed, "");
    assertEquals(await refusalOf(refused), WITHOUT_KEY);
  });

  it("answers while the gateway drains", async () => {
    await using gateway = await startGateway({ adminKey: ADMIN_KEY });
    await gateway.gateway.drain({ spread: "0ms" });
    const response = await requestMetrics(gateway);
    assertEquals(response.status, 200);
    await response.body?.cancel();
  });
});
