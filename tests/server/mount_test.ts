import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Hono } from "@hono/hono";
import { createGateway, MemoryBroker, serve } from "../../server/mod.ts";
import { SIGNING_KEY } from "../support/gateway.ts";
import { publish } from "../support/publish.ts";
import { connectSse } from "../support/sse.ts";
import { connectReady, connectWire, tokenFor } from "../support/wire.ts";

describe("a gateway mounted in another Hono app", () => {
  it("works beside the app's own routes: HTTP, WebSocket and SSE", async () => {
    await using gateway = createGateway({ signingKey: SIGNING_KEY });
    const app = new Hono();
    const seen: string[] = [];
    app.use(async (c, next) => {
      seen.push(c.req.path);
      await next();
    });
    app.get("/hello", (c) => c.text("hello"));
    app.route("/", gateway.app);
    app.get("/late", (c) => c.text("late"));
    await using server = await serve(app, { port: 0 });
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
    assertEquals((await fetch(`${server.url}/health`)).status, 200);
  });

  it("works under a path of the app's", async () => {
    await using gateway = createGateway({ signingKey: SIGNING_KEY });
    const app = new Hono().route("/realtime-api", gateway.app);
    await using server = await serve(app, { port: 0 });
    const base = `${server.url}/realtime-api/v1/realtime`;
    const token = await tokenFor(
      { url: server.url, signingKey: SIGNING_KEY },
      ["c/t"],
    );
    const socket = new WebSocket(`${base}/connect`, [
      "tidings.v1",
      `tidings.bearer.${token}`,
    ]);
    const closed = new Promise((resolve) => {
      socket.onclose = resolve;
    });
    const received = new Promise<unknown>((resolve) => {
      socket.onmessage = async ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.kind !== "ready") return resolve(frame.data);
        const response = await fetch(`${base}/publish?channel=c&topic=t`, {
          method: "POST",
          headers: { authorization: `Bearer ${SIGNING_KEY}` },
          body: "42",
        });
        assertEquals(response.status, 200);
        await response.body?.cancel();
      };
    });
    assertEquals(await received, 42);
    socket.close();
    await closed;
  });

  it("answers fetch() without a server", async () => {
    await using gateway = createGateway({ signingKey: SIGNING_KEY });
    const response = await gateway.fetch(new Request("http://x/health"));
    assertEquals((await response.json()).status, "ok");
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
