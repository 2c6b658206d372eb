import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Hono } from "hono";
import { networkInterfaces } from "node:os";
import { createGateway, serve } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { type RawAnswer, RawSocket } from "../../support/wire/raw_socket.ts";

/** The heads of requests to every kind of route, without their last lines. */
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  "the page": ["GET / HTTP/1.1"],
  "the health": ["GET /health HTTP/1.1"],
  "a probe": ["GET /readyz HTTP/1.1"],
  "the metrics": ["GET /metrics HTTP/1.1"],
  "publishing": [
    "POST /v1/realtime/publish?channel=c&topic=t HTTP/1.1",
    "content-length: 0",
  ],
  "minting": ["POST /v1/realtime/token HTTP/1.1", "content-length: 0"],
  "history": ["GET /v1/realtime/history?channel=c HTTP/1.1"],
  "open streams": ["GET /v1/realtime/streams?channel=c HTTP/1.1"],
  "an event stream": ["GET /v1/realtime/sse HTTP/1.1"],
  "a WebSocket": [
    "GET /v1/realtime/connect HTTP/1.1",
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol: tidings.v1",
  ],
};

/** Headers as proxies and tunnels add them. */
const FORWARDING: Readonly<Record<string, string>> = {
  "Forwarded": "for=192.0.2.60;proto=https",
  "Via": "1.1 vegur",
  "X-Forwarded-For": "192.0.2.60",
  "X-Forwarded-Host": "calm-otter.ngrok.example",
  "X-Forwarded-Proto": "https",
  "X-Real-IP": "192.0.2.60",
  "CF-Connecting-IP": "192.0.2.60",
};

async function ask(url: string, lines: readonly string[]): Promise<RawAnswer> {
  await using socket = await RawSocket.open(url);
  await socket.write([...lines, "", ""].join("\r\n"));
  return await socket.takeAnswer();
}

/** Returns the status, the code and the message of a refusal. */
function refusalOf({ status, body }: RawAnswer): [number, string, string] {
  const { code, message } = JSON.parse(body).error;
  return [status, code, message];
}

describe("a gateway in development mode", () => {
  let gateway: TestGateway;
  let host: string;
  beforeAll(async () => {
    gateway = await startGateway({ dev: true });
    host = `host: ${new URL(gateway.url).host}`;
  });
  afterAll(() => gateway.close());

  for (const [what, request] of Object.entries(REQUESTS)) {
    it(`refuses a request to ${what} that came through a proxy or tunnel`, async () => {
      for (const [name, value] of Object.entries(FORWARDING)) {
        const lines = [...request, host, `${name}: ${value}`];
        const [status, code, message] = refusalOf(
          await ask(gateway.url, lines),
        );
        assertEquals([status, code], [403, "forbidden"]);
        assertMatch(message, /proxy or tunnel.*set a signing key/);
      }
    });
  }

  it("refuses it also if the header is empty, and for a page of its own", async () => {
    for (const more of [["x-forwarded-for:"], ["via: 1.1 a", "origin: null"]]) {
      const lines = ["GET /health HTTP/1.1", host, ...more];
      assertEquals((await ask(gateway.url, lines)).status, 403);
    }
  });

  it("answers requests of this machine without such a header", async () => {
    for (const name of ["the page", "the health", "publishing"]) {
      const lines = [...REQUESTS[name] ?? [], host];
      assertEquals((await ask(gateway.url, lines)).status, 200);
    }
  });

  it("refuses a request from another machine, whatever runtime's form says so", async () => {
    async function statusFrom(address: string): Promise<Set<number>> {
      const statuses = new Set<number>();
      for (
        const env of [
          { remoteAddr: { hostname: address } },
          { incoming: { socket: { remoteAddress: address } } },
          { server: { requestIP: () => ({ address }) } },
          { requestIP: () => ({ address }) },
        ]
      ) {
        const request = new Request("http://localhost/health");
        const response = await gateway.gateway.fetch(request, env);
        await response.body?.cancel();
        statuses.add(response.status);
      }
      return statuses;
    }
    for (const here of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
      assertEquals(await statusFrom(here), new Set([200]));
    }
    for (const away of ["10.0.0.1", "fe80::1", "::ffff:10.0.0.1"]) {
      assertEquals(await statusFrom(away), new Set([403]));
    }
  });

  const [address] = Object.values(networkInterfaces()).flat()
    .filter((face) => face && !face.internal && face.family === "IPv4");
  const itOnNetwork = address ? it : it.skip;
  itOnNetwork(
    "refuses a request from another address than loopback to an app that it is mounted in",
    async () => {
      await using mounted = createGateway({ dev: true });
      const app = new Hono();
      app.all("*", (c) => mounted.fetch(c.req.raw, c.env));
      await using server = await serve(app, { port: 0, hostname: "0.0.0.0" });
      // The request pretends to be for this machine.
      for (const request of Object.values(REQUESTS)) {
        const url = `http://${address?.address}:${server.port}`;
        const answer = await ask(url, [...request, "host: localhost"]);
        const [status, , message] = refusalOf(answer);
        assertEquals(status, 403);
        assertMatch(message, /must come from this machine/);
      }
      const lines = ["GET /health HTTP/1.1", "host: localhost"];
      assertEquals((await ask(server.url, lines)).status, 200);
    },
  );
});

describe("a gateway with a signing key", () => {
  it("answers requests that came through a proxy", async () => {
    await using gateway = await startGateway();
    for (const [name, value] of Object.entries(FORWARDING)) {
      const lines = ["GET /health HTTP/1.1", "host: a", `${name}: ${value}`];
      assertEquals((await ask(gateway.url, lines)).status, 200);
    }
  });
});
