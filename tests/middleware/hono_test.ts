import { Hono } from "hono";
import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  honoRealtime,
  type RealtimeOptions,
  type RealtimeVariables,
} from "../../middleware.ts";
import type { Publication } from "../../core/types/realtime.ts";
import { uniqueName } from "../inngest/sdk.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { readHistory } from "./history.ts";

type App = { Variables: RealtimeVariables };

describe("honoRealtime()", () => {
  let gateway: TestGateway;
  let options: RealtimeOptions;

  beforeAll(async () => {
    gateway = await startGateway();
    options = { url: gateway.url, signingKey: gateway.signingKey };
  });

  afterAll(() => gateway.close());

  it("gives handlers a typed `publish`", async () => {
    const name = uniqueName("user");
    const app = new Hono<App>().use(honoRealtime(options));
    app.post("/", async (c) => {
      const { id } = await c.var.realtime.publish({
        channel: name,
        topic: "ai",
        data: await c.req.json(),
      });
      return c.json({ id });
    });
    const response = await app.request("/", { method: "POST", body: '"hi"' });
    const [message] = await readHistory(gateway, name);
    assertEquals(message?.data, "hi");
    assertEquals(await response.json(), { id: message?.id });
  });

  it("passes on the options of a stream: a handler answers at its start, and refuses a second one", async () => {
    const name = uniqueName("chat");
    const app = new Hono<App>().use(honoRealtime(options));
    const more = Promise.withResolvers<void>();
    const published: Promise<unknown>[] = [];
    app.post("/", async (c) => {
      const started = Promise.withResolvers<Publication>();
      const stream = c.var.realtime.publish({
        channel: name,
        topic: "answer",
        data: async function* () {
          await more.promise;
          yield "a";
        },
      }, { otherStreams: "refuse", onStart: started.resolve });
      stream.catch(started.reject);
      published.push(stream);
      try {
        return c.json(await started.promise);
      } catch (error) {
        return c.json({ code: Object(error).code }, 409);
      }
    });
    const first = await app.request("/", { method: "POST" });
    const [start] = await readHistory(gateway, name);
    const publication = { id: start?.id, streamId: start?.stream_id };
    assertEquals<unknown>(await first.json(), publication);
    const second = await app.request("/", { method: "POST" });
    assertEquals(
      [second.status, await second.json()],
      [409, { code: "stream_open" }],
    );
    more.resolve();
    assertEquals<unknown>(await published[0], publication);
  });

  it("gives handlers a typed `token`, below the path that it is mounted for", async () => {
    const app = new Hono<App>();
    app.use("/api/*", honoRealtime(options));
    app.get("/api/token", async (c) =>
      c.json(
        await c.var.realtime.token({ channel: "user:1", topics: ["ai"] }),
      ));
    const token = await (await app.request("/api/token")).json();
    assertEquals(token.channel, "user:1");
    const query = new URLSearchParams({ channel: "user:1", topic: "ai" });
    const response = await fetch(
      `${gateway.url}/v1/realtime/history?${query}`,
      {
        headers: { authorization: `Bearer ${token.key}` },
      },
    );
    assertEquals((await response.json()).messages, []);
  });

  it("reads its configuration at its first use, and leaves the error to Hono", async () => {
    const app = new Hono<App>().use(honoRealtime({ url: "nowhere" }))
      .get("/", async (c) => {
        await c.var.realtime.publish({ channel: "a", topic: "b", data: 1 });
        return c.text("never");
      })
      .onError((error, c) => c.text(error.message, 500));
    const response = await app.request("/");
    assertEquals(response.status, 500);
    assertMatch(await response.text(), /gateway.*"nowhere"/);
  });
});
