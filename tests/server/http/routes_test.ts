import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { VERSION } from "../../../core/protocol/version.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** Polls the health until it is as wanted: only the gateway knows when a connection has closed. */
async function healthWhen(
  { url }: TestGateway,
  wanted: (health: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (;;) {
    const health = await (await fetch(`${url}/health`)).json();
    if (wanted(health)) return health;
  }
}

describe("GET /health", () => {
  it("counts the open connections and their channels", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["a/t", "b/t"]);
    const response = await fetch(`${gateway.url}/health`);
    assertEquals(response.status, 200);
    assertEquals(await response.json(), {
      status: "ok",
      version: VERSION,
      broker: "memory",
      connections: 0,
      channels: 0,
    });
    {
      const { client } = await connectReady(gateway, { token });
      await using _client = client;
      await using sse = await connectSse(gateway, { token, v1: true });
      await sse.ready();
      const { connections, channels } = await healthWhen(gateway, () => true);
      assertEquals([connections, channels], [2, 2]);
    }
    const gone = await healthWhen(gateway, (h) => h.connections === 0);
    assertEquals(gone.channels, 0);
  });

  it("answers 503 with the reason while the broker can't be used", async () => {
    const broker: Broker = Object.assign(new MemoryBroker(), {
      health: () => Promise.resolve({ ok: false, detail: "no disk" }),
    });
    await using gateway = await startGateway({ broker });
    const response = await fetch(`${gateway.url}/health`);
    const { status, detail } = await response.json();
    assertEquals([response.status, status, detail], [
      503,
      "unavailable",
      "no disk",
    ]);
    assertEquals(response.headers.get("retry-after"), "1");
  });
});

describe("an unknown path or method", () => {
  it("is answered with 404 as JSON", async () => {
    await using gateway = await startGateway();
    for (
      const [method, path] of [
        ["GET", "/"],
        ["GET", "/v1/realtime/publish"],
        ["POST", "/v1/realtime/connect"],
        ["PUT", "/v1/realtime/token"],
        ["GET", "/v1/realtime/unknown"],
      ] as const
    ) {
      const response = await fetch(gateway.url + path, { method });
      const { error } = await response.json();
      assertEquals([response.status, error.code], [404, "not_found"]);
    }
  });
});

describe("HEAD", () => {
  it("answers for the health, and opens no session for events", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    for (const path of ["sse", "connect"]) {
      const url = `${gateway.url}/v1/realtime/${path}?token=${token}`;
      assertEquals((await fetch(url, { method: "HEAD" })).status, 404);
    }
    const { status } = await fetch(`${gateway.url}/health`, { method: "HEAD" });
    assertEquals(status, 200);
    const { connections } = await healthWhen(gateway, () => true);
    assertEquals(connections, 0);
  });
});

describe("a request that offers another protocol, as Java's client does", () => {
  it("is answered without the other protocol", async () => {
    await using gateway = await startGateway();
    await using socket = await RawSocket.open(gateway.url);
    await socket.write([
      "GET /health HTTP/1.1",
      `host: ${new URL(gateway.url).host}`,
      "connection: Upgrade, HTTP2-Settings",
      "upgrade: h2c",
      "http2-settings: AAMAAABkAARAAAAAAAIAAAAA",
      "",
      "",
    ].join("\r\n"));
    assertEquals((await socket.takeAnswer()).status, 200);
  });
});

describe("answers under /v1", () => {
  it("forbid browsers to store or sniff them, and to pass their address on", async () => {
    await using gateway = await startGateway();
    const { status, headers, body } = await fetch(
      `${gateway.url}/v1/realtime/history?channel=c`,
      { headers: { authorization: `Bearer ${gateway.signingKey}` } },
    );
    await body?.cancel();
    assertEquals(status, 200);
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
  });
});

describe("CORS", () => {
  let open: TestGateway;
  let closed: TestGateway;
  beforeAll(async () => {
    open = await startGateway();
    closed = await startGateway({
      allowedOrigins: ["https://app.example.com"],
    });
  });
  afterAll(async () => {
    await open.close();
    await closed.close();
  });

  async function preflight({ url }: TestGateway, origin: string) {
    const { status, headers } = await fetch(`${url}/v1/realtime/publish`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,idempotency-key",
      },
    });
    return {
      status,
      origin: headers.get("access-control-allow-origin"),
      methods: headers.get("access-control-allow-methods"),
      headers: headers.get("access-control-allow-headers")?.split(","),
    };
  }

  it("allows every origin by default, as tokens authenticate", async () => {
    const answer = await preflight(open, "https://any.example");
    assertEquals(
      [answer.status, answer.origin, answer.methods],
      [204, "https://any.example", "GET,POST"],
    );
    for (
      const name of [
        "authorization",
        "content-type",
        "idempotency-key",
        "idempotency-ttl",
        "last-event-id",
      ]
    ) assert(answer.headers?.includes(name), name);
  });

  it("allows only the configured origins", async () => {
    const app = "https://app.example.com";
    assertEquals((await preflight(closed, app)).origin, app);
    const foreign = await preflight(closed, "https://evil.example");
    assertEquals(foreign.origin, null);
  });

  it("lets pages read errors too", async () => {
    const response = await fetch(`${open.url}/v1/realtime/sse`, {
      headers: { origin: "https://any.example" },
    });
    await response.body?.cancel();
    assertEquals(response.status, 401);
    assertEquals(
      response.headers.get("access-control-allow-origin"),
      "https://any.example",
    );
  });

  it("refuses the requests of other origins instead of only hiding the answers", async () => {
    const { url, signingKey } = closed;
    const response = await fetch(
      `${url}/v1/realtime/publish?channel=c&topic=t`,
      {
        method: "POST",
        headers: {
          origin: "https://app.example.com.evil.example",
          authorization: `Bearer ${signingKey}`,
        },
      },
    );
    const { error } = await response.json();
    assertEquals([response.status, error.code], [403, "forbidden"]);
  });
});
