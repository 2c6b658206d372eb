import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Hono } from "hono";
import { createGateway, serve } from "../../../../server/mod.ts";
import { SIGNING_KEY, startGateway } from "../../../support/gateway/gateway.ts";

const APP = "https://app.example.com";
const STRANGER = "https://evil.example";
const REFUSAL = {
  error: {
    code: "forbidden",
    message:
      `Cannot answer a page of "${STRANGER}": its origin is not allowed; see --allowed-origins`,
  },
};

describe("GET /v1/realtime/status", () => {
  function ask(url: string, origin?: string): Promise<Response> {
    return fetch(`${url}/v1/realtime/status`, {
      headers: origin === undefined ? {} : { origin },
    });
  }

  it("tells that a gateway is here, and its protocol", async () => {
    await using gateway = await startGateway();
    const response = await ask(gateway.url);
    assertEquals(response.status, 200);
    assertEquals(await response.json(), {
      name: "tidings",
      protocol: "tidings.v1",
      status: "ok",
    });
  });

  it("tells how long the gateway drains at most", async () => {
    await using gateway = await startGateway();
    await gateway.gateway.drain({ deadline: "9s" });
    const { status, drains_ms } = await (await ask(gateway.url)).json();
    assertEquals(status, "draining");
    assertEquals(drains_ms > 0 && drains_ms <= 9_000, true);
  });

  it("lets a refused page read the refusal, and nothing else", async () => {
    await using gateway = await startGateway({ allowedOrigins: [APP] });
    const refused = await ask(gateway.url, STRANGER);
    assertEquals(
      [refused.status, refused.headers.get("access-control-allow-origin")],
      [403, STRANGER],
    );
    assertEquals(await refused.json(), REFUSAL);
    for (const path of ["/health", "/v1/realtime/status/", "/v1/realtime/"]) {
      const other = await fetch(gateway.url + path, {
        headers: { origin: STRANGER },
      });
      await other.body?.cancel();
      assertEquals(
        [other.status, other.headers.get("access-control-allow-origin")],
        [403, null],
        path,
      );
    }
    const allowed = await ask(gateway.url, APP);
    assertEquals((await allowed.json()).status, "ok");
  });

  it("is there where the gateway is mounted in an app", async () => {
    const gateway = createGateway({
      signingKey: SIGNING_KEY,
      allowedOrigins: [APP],
    });
    const app = new Hono();
    app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env));
    const server = await serve(app, { port: 0 });
    assertEquals((await (await ask(server.url)).json()).name, "tidings");
    const refused = await ask(server.url, STRANGER);
    assertEquals(
      refused.headers.get("access-control-allow-origin"),
      STRANGER,
    );
    assertEquals(await refused.json(), REFUSAL);
    await gateway.close();
    await server.close();
  });
});
