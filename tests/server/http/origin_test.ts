import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { DEVELOPMENT_SIGNING_KEY } from "../../../core/protocol/signing_key.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { postJson } from "../../support/wire/publish.ts";
import { type RawAnswer, RawSocket } from "../../support/wire/raw_socket.ts";
import {
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

/** Sends a request with headers that `fetch` doesn't let a program set. */
async function request(
  { url }: TestGateway,
  start: string,
  headers: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  await using socket = await RawSocket.open(url);
  const lines = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}`
  );
  await socket.write([start, ...lines, "", ""].join("\r\n"));
  return await socket.takeAnswer();
}

describe("a gateway in development mode", () => {
  let gateway: TestGateway;
  let port: string;
  beforeAll(async () => {
    gateway = await startGateway({ dev: true });
    port = new URL(gateway.url).port;
  });
  afterAll(() => gateway.close());

  const publishing = "POST /v1/realtime/publish?channel=c&topic=t HTTP/1.1";

  it("publishes and mints without a key", async () => {
    const published = await postJson(gateway, {
      channel: "c",
      topic: "t",
      bearer: "",
    });
    const minted = await postJson(gateway, {
      route: "token",
      body: '[{"channel":"c","name":"t"}]',
      bearer: "",
    });
    assertEquals([published.status, minted.status], [200, 201]);
  });

  it("accepts tokens that are signed with the public development key", async () => {
    const target = { ...gateway, signingKey: DEVELOPMENT_SIGNING_KEY };
    const token = await tokenFor(target, ["known/t"]);
    await using client = await connectWire(target, { token });
    await postJson(gateway, { channel: "known", topic: "t", body: "1" });
    assertEquals((await client.next()).data, 1);
  });

  it("answers for every loopback name", async () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]", "app.localhost"]) {
      const headers = { host: `${host}:${port}` };
      const { status } = await request(
        gateway,
        "GET /health HTTP/1.1",
        headers,
      );
      assertEquals(status, 200);
    }
  });

  it("refuses requests for a host name that was rebound to this machine", async () => {
    for (
      const host of [
        `evil.example:${port}`,
        "evil.example",
        `localhost.evil.example:${port}`,
        `127.0.0.1.evil.example:${port}`,
        `10.0.0.1:${port}`,
      ]
    ) {
      const { status, body } = await request(gateway, publishing, {
        host,
        "content-length": "0",
      });
      assertEquals([status, JSON.parse(body).error.code], [403, "forbidden"]);
    }
  });

  it("refuses a WebSocket for a rebound host name", async () => {
    const target = { ...gateway, signingKey: DEVELOPMENT_SIGNING_KEY };
    const token = await tokenFor(target, ["c/t"]);
    const { answer } = await handshake(target, {
      token,
      headers: { host: `evil.example:${port}` },
    });
    assertEquals(answer.status, 403);
  });

  it("serves pages of loopback origins", async () => {
    for (
      const origin of [
        "http://localhost:3000",
        "http://127.0.0.1:5173",
        "http://[::1]:8080",
      ]
    ) {
      const { status, headers } = await request(gateway, publishing, {
        host: `127.0.0.1:${port}`,
        "content-length": "0",
        origin,
      });
      assertEquals(status, 200);
      assertEquals(headers.get("access-control-allow-origin"), origin);
    }
  });

  it("refuses pages of any other origin", async () => {
    for (
      const origin of [
        "https://evil.example",
        "http://localhost.evil.example",
        "null",
        "file://",
      ]
    ) {
      const { status } = await request(gateway, publishing, {
        host: `127.0.0.1:${port}`,
        "content-length": "0",
        origin,
      });
      assertEquals(status, 403);
    }
  });

  it("accepts WebSockets of its own pages, and refuses those of another origin", async () => {
    const target = { ...gateway, signingKey: DEVELOPMENT_SIGNING_KEY };
    const token = await tokenFor(target, ["ws/t"]);
    const evil = { origin: "https://evil.example" };
    const { answer } = await handshake(target, { token, headers: evil });
    assertEquals(answer.status, 403);
    await using client = await connectWire(target, {
      token,
      headers: { origin: gateway.url },
    });
    await postJson(gateway, { channel: "ws", topic: "t", body: "1" });
    assertEquals((await client.next()).data, 1);
  });
});

describe("a gateway with a signing key", () => {
  it("answers for any host", async () => {
    await using gateway = await startGateway();
    const start = "GET /health HTTP/1.1";
    const headers = { host: "realtime.example.com" };
    assertEquals((await request(gateway, start, headers)).status, 200);
  });

  it("refuses WebSockets of an origin that is not configured", async () => {
    await using gateway = await startGateway({
      allowedOrigins: ["https://app.example.com"],
    });
    const token = await tokenFor(gateway, ["c/t"]);
    async function status(origin: string): Promise<number> {
      const headers = { origin };
      const { answer, socket } = await handshake(gateway, { token, headers });
      await socket?.close();
      return answer.status;
    }
    assertEquals(await status("https://evil.example"), 403);
    assertEquals(await status("https://app.example.com"), 101);
  });
});
