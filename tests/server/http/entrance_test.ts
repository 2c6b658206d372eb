import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Events } from "../../../server/events/events.ts";
import { Admission } from "../../../server/http/admission.ts";
import { Entrance } from "../../../server/http/entrance.ts";
import { Failures } from "../../../server/http/failures.ts";
import { Counts } from "../../../server/events/counts.ts";
import { FetchHead } from "../../../server/runtimes/request_head.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { bodyOf } from "../../support/wire/publish.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";

const PAGE = "https://app.example.com";
const BASE = "http://localhost/v1/realtime";

/** The headers that browsers act on. */
const SECURITY = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

function securityOf(headers: Headers): Record<string, string | null> {
  return Object.fromEntries(
    Object.keys(SECURITY).map((name) => [name, headers.get(name)]),
  );
}

/** An entrance before an app that got a route and a middleware of its own, and what was reached behind the entrance. */
function entranceOf(dev: boolean) {
  const reached = new Set<string>();
  const app = new Hono();
  app.use((c, next) => {
    reached.add("middleware");
    return c.req.path.endsWith("/short") ? Promise.resolve(c.text("")) : next();
  });
  app.all("*", (c) => {
    reached.add("route");
    return c.text("new");
  });
  const admission = new Admission({ allowedOrigins: [PAGE], dev });
  const entrance = new Entrance(admission, {
    publish: (head) => {
      if (!head.target.includes("/publish")) return undefined;
      reached.add("publish");
      return () => ({ status: 200, headers: {}, json: "{}" });
    },
    connect: () => {
      reached.add("connect");
      return Promise.resolve(new Response());
    },
    app,
  }, new Failures(new Events(), new Counts(), () => {}));
  return { entrance, admission, reached };
}

const requests: Readonly<Record<string, [path: string, init?: RequestInit]>> = {
  "a new route": ["/new"],
  "a new middleware that answers itself": ["/short"],
  "a publish": ["/publish?channel=c", { method: "POST", body: "1" }],
  "a handshake": ["/connect", { headers: { upgrade: "websocket" } }],
};

const refusals: Readonly<
  Record<string, {
    readonly status: number;
    readonly dev?: boolean;
    readonly base?: string;
    readonly query?: string;
    readonly headers?: Record<string, string>;
    readonly isDraining?: boolean;
  }>
> = {
  "while it drains": { status: 503, isDraining: true },
  "of a page of another origin": {
    status: 403,
    headers: { origin: "https://evil.example" },
  },
  "for another host in development mode": {
    status: 403,
    dev: true,
    base: "http://evil.example/v1/realtime",
  },
  "with escapes that are not UTF-8": { status: 400, query: "%E4" },
};

describe("the entrance", () => {
  for (const [what, [path, init]] of Object.entries(requests)) {
    for (const [when, refusal] of Object.entries(refusals)) {
      it(`refuses a request ${when} before it reaches ${what}`, async () => {
        const { dev = false, base = BASE, query = "" } = refusal;
        const { entrance, admission, reached } = entranceOf(dev);
        if (refusal.isDraining) admission.isDraining = true;
        const mark = path.includes("?") ? "&" : "?";
        const url = `${base}${path}${query && mark + query}`;
        const request = new Request(url, init);
        for (const [name, value] of Object.entries(refusal.headers ?? {})) {
          request.headers.set(name, value);
        }
        assertEquals(entrance.direct(new FetchHead(request)), undefined);
        const response = await entrance.fetch(request);
        await response.body?.cancel();
        assertEquals([response.status, ...reached], [refusal.status]);
        assertEquals(securityOf(response.headers), SECURITY);
      });
    }

    it(`lets any other request through to ${what}`, async () => {
      const { entrance, reached } = entranceOf(false);
      const response = await entrance.fetch(new Request(BASE + path, init));
      await response.body?.cancel();
      assertEquals(response.status, 200);
      assert(reached.size > 0);
    });
  }

  it("adds the security headers to the answer of a new route", async () => {
    const { entrance } = entranceOf(false);
    const { headers, body } = await entrance.fetch(new Request(`${BASE}/new`));
    await body?.cancel();
    assertEquals(securityOf(headers), SECURITY);
  });

  it("leaves a preflight to CORS", async () => {
    const { entrance, reached } = entranceOf(false);
    const headers = { origin: PAGE, "access-control-request-method": "POST" };
    const request = new Request(`${BASE}/new`, { method: "OPTIONS", headers });
    const response = await entrance.fetch(request);
    assertEquals([response.status, reached.size], [204, 0]);
    assertEquals(response.headers.get("access-control-allow-origin"), PAGE);
  });
});

describe("a gateway on this runtime", () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  beforeAll(async () => {
    gateway = await startGateway({ allowedOrigins: [PAGE] });
  });
  afterAll(() => gateway.close());

  /** Requests of every kind, with the signing key. */
  function requestsOf(): Array<[path: string, init: RequestInit]> {
    const publish = "/v1/realtime/publish?channel=c&topic=t";
    const streamed = { body: bodyOf([new Uint8Array([49])]), duplex: "half" };
    return [
      [publish, { method: "POST", body: "1" }],
      [publish, { method: "POST", ...streamed } as RequestInit],
      ["/v1/realtime/publish/batch", { method: "POST", body: "" }],
      ["/v1/realtime/history?channel=c", {}],
      ["/v1/realtime/streams?channel=c", {}],
      ["/v1/realtime/none", {}],
    ];
  }

  async function send(
    [path, init]: [string, RequestInit],
    extra: Record<string, string> = {},
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${gateway.signingKey}`, ...extra };
    const response = await fetch(gateway.url + path, { ...init, headers });
    await response.body?.cancel();
    return response;
  }

  it("gives every answer to a page the security and CORS headers", async () => {
    for (const request of requestsOf()) {
      const { headers } = await send(request, { origin: PAGE });
      assertEquals(securityOf(headers), SECURITY, request[0]);
      assertEquals(headers.get("access-control-allow-origin"), PAGE);
    }
  });

  it("gives every error the security headers", async () => {
    for (const request of requestsOf()) {
      const wrong = { authorization: "Bearer wrong" };
      const { headers } = await send(request, wrong);
      assertEquals(securityOf(headers), SECURITY, request[0]);
    }
    const [path] = ["/v1/realtime/publish?channel=&topic=t"];
    const { status, headers } = await send([path, {
      method: "POST",
      body: "1",
    }]);
    assertEquals([status, securityOf(headers)], [400, SECURITY]);
  });

  it("refuses every request of a page of another origin", async () => {
    for (const request of requestsOf()) {
      const { status } = await send(request, {
        origin: "https://evil.example",
      });
      assertEquals(status, 403, request[0]);
    }
  });

  it("decides by the address that it routes by", async () => {
    const socket = await RawSocket.open(gateway.url);
    await using _ = socket;
    await socket.write([
      "POST /v1/./realtime/publish?channel=c&topic=%E4 HTTP/1.1",
      "host: 127.0.0.1",
      `authorization: Bearer ${gateway.signingKey}`,
      "content-length: 0",
      "\r\n",
    ].join("\r\n"));
    assertEquals((await socket.takeAnswer()).status, 400);
  });

  it("refuses every request while it drains, but tells its health", async () => {
    await using draining = await startGateway();
    await draining.gateway.drain();
    for (const [path, init] of requestsOf()) {
      const headers = { authorization: `Bearer ${draining.signingKey}` };
      const response = await fetch(draining.url + path, { ...init, headers });
      const { error } = await response.json();
      assertEquals([response.status, error.code], [503, "unavailable"], path);
      assertEquals(response.headers.get("retry-after"), "1");
    }
    const health = await fetch(`${draining.url}/health`);
    assertEquals((await health.json()).status, "draining");
  });
});
