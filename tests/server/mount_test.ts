import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Hono } from "hono";
import {
  createGateway,
  type Fetcher,
  type Gateway,
  MemoryBroker,
  serve,
} from "../../server/mod.ts";
import { directHandler } from "../../server/runtimes/serving_hooks.ts";
import { SIGNING_KEY } from "../support/gateway/gateway.ts";
import { publish } from "../support/wire/publish.ts";
import { connectSse } from "../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../support/wire/websocket.ts";

const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;

const ADMIN_KEY = "an-admin-key-of-tests-and-nothing-else";

/** Returns the URL at which a gateway says that it is served. */
async function toldUrl(url: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const answer = await fetch(`${url}/v1/admin/overview`, { headers });
  const { gateways } = await answer.json();
  return gateways[0]?.url;
}

/** Serves an app. The gateways are closed before the server. */
async function start(app: Fetcher, gateways: readonly Gateway[]) {
  const server = await serve(app, { port: 0 });
  return {
    url: server.url,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const gateway of gateways) await gateway.close();
      await server.close();
    },
  };
}

describe("a gateway mounted in another Hono app", () => {
  it("serves HTTP, WebSockets and SSE beside the app's own routes", async () => {
    const gateway = createGateway({ signingKey: SIGNING_KEY });
    const app = new Hono();
    const seen: string[] = [];
    app.use(async (c, next) => {
      seen.push(c.req.path);
      await next();
    });
    app.get("/hello", (c) => c.text("hello"));
    app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env));
    app.get("/late", (c) => c.text("late"));
    await using server = await start(app, [gateway]);
    const target = { url: server.url, signingKey: SIGNING_KEY };
    const token = await tokenFor(target, ["c/t"]);
    const { client: v1 } = await connectReady(target, { token });
    await using _ = v1;
    await using plain = await connectWire(target, { token });
    await using sse = await connectSse(target, { token });
    const id = await publish(target, "c/t", 1);
    for (const client of [v1, plain, sse]) {
      assertEquals((await client.next()).id, id);
    }
    for (const name of ["hello", "late"]) {
      const response = await fetch(`${server.url}/${name}`);
      assertEquals(await response.text(), name);
    }
    assertEquals(seen.includes("/v1/realtime/connect"), true);
    const other = await fetch(`${server.url}/v1/realtime/none`);
    assertEquals([other.status, (await other.json()).error.code], [
      404,
      "not_found",
    ]);
  });

  it("shares the server's port with another gateway, by path and key", async () => {
    const one = createGateway({ signingKey: SIGNING_KEY });
    const other = createGateway({ signingKey: OTHER_KEY });
    const app = new Hono();
    app.all("/v1/realtime/publish", (c) => other.fetch(c.req.raw, c.env));
    app.all("/v1/realtime/*", (c) => one.fetch(c.req.raw, c.env));
    await using server = await start(app, [one, other]);
    const target = { url: server.url, signingKey: OTHER_KEY };
    await publish(target, "c/t", 1);
    const token = await tokenFor({ ...target, signingKey: SIGNING_KEY }, [
      "c/t",
    ]);
    const { client, ready } = await connectReady(target, { token });
    assertEquals(ready.channels[0]?.position.slice(8), "-0");
    await client.close();
  });

  it("answers fetch() without a server", async () => {
    await using gateway = createGateway({ signingKey: SIGNING_KEY });
    const response = await gateway.fetch(new Request("http://x/health"));
    assertEquals((await response.json()).status, "ok");
  });
});

describe("a gateway that is copied by spreading", () => {
  it("tells where it listens, and has the same fast path", async () => {
    const gateway = createGateway({
      signingKey: SIGNING_KEY,
      adminKey: ADMIN_KEY,
    });
    const copy = { ...gateway, name: "mine" };
    await using server = await start(copy, [gateway]);
    assertEquals(await toldUrl(server.url), server.url);
    assertEquals(directHandler(copy) !== undefined, true);
  });

  it("sees every request with a `fetch` of its own", async () => {
    const gateway = createGateway({
      signingKey: SIGNING_KEY,
      adminKey: ADMIN_KEY,
    });
    const seen: string[] = [];
    const fetch: Gateway["fetch"] = (request, env) => {
      seen.push(new URL(request.url).pathname);
      return gateway.fetch(request, env);
    };
    await using server = await start({ ...gateway, fetch }, [gateway]);
    await publish({ url: server.url, signingKey: SIGNING_KEY }, "c/t", 1);
    assertEquals(await toldUrl(server.url), server.url);
    assertEquals(seen, ["/v1/realtime/publish", "/v1/admin/overview"]);
  });
});

describe("createGateway()", () => {
  it("shares a broker between gateways of one process", async () => {
    const broker = new MemoryBroker();
    await using one = createGateway({ signingKey: SIGNING_KEY, broker });
    await using other = createGateway({ signingKey: SIGNING_KEY, broker });
    const authorization = `Bearer ${SIGNING_KEY}`;
    const base = "http://x/v1/realtime";
    await one.fetch(
      new Request(`${base}/publish?channel=c&topic=t`, {
        method: "POST",
        headers: { authorization },
        body: "1",
      }),
    );
    const page = await other.fetch(
      new Request(`${base}/history?channel=c`, { headers: { authorization } }),
    );
    const { messages } = await page.json();
    assertEquals(messages[0].data, 1);
  });
});
