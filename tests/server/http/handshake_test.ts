import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { serve as serveOnNode } from "@hono/node-server";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { WebSocketServer } from "ws";
import { serve } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

const isNode = !("Deno" in globalThis || "Bun" in globalThis);

/** Serves an app as an app does that has a Node server of its own. */
function serveElsewhere(
  app: Hono,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = new WebSocketServer({ noServer: true });
  return new Promise((resolve) => {
    const http = serveOnNode(
      { fetch: app.fetch, port: 0, websocket: { server } },
      ({ port }) =>
        resolve({
          url: `http://127.0.0.1:${port}`,
          close: () => new Promise((done) => http.close(() => done())),
        }),
    );
  });
}

describe("a WebSocket's handshake", () => {
  let gateway: TestGateway;
  /** The base URLs of servers that lead to the gateway; the last one is no server of ours. */
  const urls: string[] = [];
  const closers: Array<() => Promise<void>> = [];

  beforeAll(async () => {
    // A connection's first frame is compared: it must not be a ping.
    gateway = await startGateway({
      tokenDeadline: "20ms",
      pingInterval: "1h",
    });
    const app = new Hono();
    app.all("/v1/realtime/*", (c) => gateway.gateway.fetch(c.req.raw, c.env));
    const servers = [gateway, await serve(app, { port: 0 })];
    for (const { url, close } of servers) {
      urls.push(url);
      closers.push(close);
    }
    if (isNode) {
      const { url, close } = await serveElsewhere(app);
      urls.push(url);
      closers.push(close);
    }
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  async function answerOf(
    url: string,
    query: string,
    headers: Record<string, string>,
    protocols: readonly string[],
  ) {
    const target = `${address({ ...gateway, url }, "connect")}?${query}`;
    const { answer, socket } = await shake(target, { headers, protocols });
    const text = socket && protocols.includes("tidings.v1")
      ? (await socket.next())?.replace(/"(session|ticket)":"[^"]*"/g, "")
      : answer.body;
    await socket?.close();
    return { status: answer.status, text };
  }

  const cases: Array<[
    what: string,
    status: number,
    query: (token: string) => string,
    headers?: Record<string, string>,
  ]> = [
    ["a token", 101, (token) => `token=${token}`],
    ["a token and since", 101, (token) => `token=${token}&since=last:3`],
    ["a malformed since", 400, (token) => `token=${token}&since=no`],
    ["an empty since", 101, (token) => `since=&token=${token}`],
    ["no token", 401, () => ""],
    ["an empty token", 401, () => "token="],
    ["a malformed token", 401, () => "token=a.b.c"],
    ["two tokens", 101, (token) => `token=${token}&token=a.b.c`],
    ["an escaped name", 101, (token) => `tok%65n=${token}`],
    ["a name without a value", 101, (token) => `token=${token}&since`],
    ["a page's origin", 101, (token) => `token=${token}`, {
      origin: "https://page.example",
    }],
    ["an empty origin", 101, (token) => `token=${token}`, { origin: "" }],
    ["a token in a header", 401, () => "", { authorization: "Bearer a.b.c" }],
    ["escapes that are not UTF-8", 400, (token) => `token=${token}&x=%E4`],
  ];

  for (const [what, status, query, headers = {}] of cases) {
    it(`with ${what} is answered the same by every server`, async () => {
      const token = await tokenFor(gateway, ["c/t"]);
      for (const protocols of [[], ["tidings.v1"]]) {
        const [served, mounted, elsewhere = mounted] = await Promise.all(
          urls.map((url) => answerOf(url, query(token), headers, protocols)),
        );
        if (protocols.length === 0) assertEquals(served?.status, status);
        assertEquals(mounted, served);
        // `@hono/node-server` leaves out the body of a refusal.
        assertEquals(elsewhere?.status, served?.status);
      }
    });
  }
});
