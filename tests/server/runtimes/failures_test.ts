import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { setImmediate } from "node:timers";
import { type Fetcher, serve, type Server } from "../../../server/mod.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

const SECRET = "the-text-of-the-error";

const FAILING: Record<string, Fetcher> = {
  "throws": {
    fetch() {
      throw new Error(SECRET);
    },
  },
  "rejects": { fetch: () => Promise.reject(new Error(SECRET)) },
};

describe("an app that fails", () => {
  for (const [how, app] of Object.entries(FAILING)) {
    it(`(it ${how}) is answered with 500, without a stack trace, and the server stays`, async () => {
      await using server: Server = await serve(app, { port: 0 });
      for (let i = 0; i < 2; i++) {
        const response = await fetch(`${server.url}/v1/realtime/connect`);
        const text = await response.text();
        assertEquals(response.status, 500);
        assertEquals(JSON.parse(text).error.code, "internal");
        assertNotMatch(text, /the-text|\.ts|\bat /);
      }
      const { answer } = await shake(`${server.url}/v1/realtime/connect`);
      assertEquals(answer.status, 500);
      assertNotMatch(answer.body, /the-text|\.ts|\bat /);
    });
  }
});

describe("a request that offers to upgrade", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.close();
  });

  const UPGRADE = "connection: Upgrade\r\nupgrade: websocket\r\n";

  it("is answered by an event stream where that is the route", async () => {
    const token = await tokenFor(gateway, ["offer/t"]);
    const { host, pathname, search } = new URL(
      address(gateway, "sse", { token }),
    );
    await using socket = await RawSocket.open(gateway.url);
    await socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${UPGRADE}\r\n`,
    );
    const { status } = await socket.takeAnswer();
    assertEquals(status, 200);
    await publish(gateway, "offer/t", "arrives");
    assert((await socket.takeUntil('"arrives"')).endsWith('"arrives"'));
  });

  // Deno has the body of no request that offers to upgrade.
  const published = "Deno" in globalThis ? 400 : 200;

  it(`is answered with ${published} where its body is a message`, async () => {
    const { host, pathname, search } = new URL(
      address(gateway, "publish", { channel: "offer", topic: "t" }),
    );
    await using socket = await RawSocket.open(gateway.url);
    await socket.write(
      `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${UPGRADE}` +
        `authorization: Bearer ${SIGNING_KEY}\r\ncontent-length: 1\r\n\r\n1`,
    );
    const { status } = await socket.takeAnswer();
    assertEquals(status, published);
  });

  it("is answered with 4xx when its host or its target is no address, and the gateway stays", async () => {
    for (const host of ["a, b", "[", "a b"]) {
      await using socket = await RawSocket.open(gateway.url);
      await socket.write(
        `GET /v1/realtime/connect HTTP/1.1\r\nhost: ${host}\r\n${UPGRADE}` +
          `sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`,
      );
      const { status, body } = await socket.takeAnswer();
      assert(status >= 400 && status < 500, `${host}: ${status}`);
      assertNotMatch(body, /\.ts|\bat /);
    }
    await publish(gateway, "offer/t", 1);
  });

  it("may break off at any point", async () => {
    const token = await tokenFor(gateway, ["offer/t"]);
    const { host, pathname, search } = new URL(
      address(gateway, "connect", { token }),
    );
    const head =
      `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${UPGRADE}` +
      `sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`;
    const body =
      `POST /v1/realtime/publish?channel=offer&topic=t HTTP/1.1\r\nhost: ${host}\r\n` +
      `authorization: Bearer ${SIGNING_KEY}\r\ncontent-length: 9\r\n\r\n"half`;
    for (const bytes of [head.slice(0, 40), head, `${head}x`, body]) {
      for (let i = 0; i < 20; i++) {
        const socket = await RawSocket.open(gateway.url);
        await socket.write(bytes);
        await socket.close();
      }
    }
    await publish(gateway, "offer/t", 1);
  });
});

describe("a request that the runtime can't read", () => {
  const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);
  const POST =
    "POST /v1/realtime/publish?channel=a&topic=t HTTP/1.1\r\nhost: a\r\n";

  const cases = [
    {
      what: "its head is too large",
      request: `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"a".repeat(70_000)}`,
      status: "Deno" in globalThis ? 400 : 431,
      code: "too_large",
    },
    {
      what: "it is malformed",
      request: "GET / HTTP/1.1\r\nhost: a\r\nno colon",
      status: 400,
      code: "invalid_argument",
    },
    {
      what: "its chunk extensions are too large",
      request: `${POST}transfer-encoding: chunked\r\n\r\n1;${
        "a".repeat(70_000)
      }\r\n1\r\n0`,
      // Deno and Bun skip extensions, and then miss the credential.
      status: isNode ? 413 : 401,
      code: isNode ? "too_large" : "unauthenticated",
    },
  ];
  for (const { what, request, status, code } of cases) {
    it(`is answered with ${status} when ${what}`, async () => {
      await using gateway = await startGateway();
      await using socket = await RawSocket.open(gateway.url);
      await socket.write(`${request}\r\n\r\n`);
      const answer = await socket.takeAnswer();
      assertEquals(answer.status, status);
      // Only Node lets the gateway write this answer.
      if (isNode || answer.body !== "") {
        assertEquals(JSON.parse(answer.body).error.code, code);
      }
    });
  }

  it("has its answer although the client goes on sending", async () => {
    await using gateway = await startGateway();
    const rest = "a".repeat(64 * 1024);
    for (let i = 0; i < 20; i++) {
      await using socket = await RawSocket.open(gateway.url);
      const writes = [
        socket.write("GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n"),
      ];
      for (let piece = 0; piece < 10; piece++) {
        await new Promise((resolve) => setImmediate(resolve));
        writes.push(socket.write(rest));
      }
      assertEquals((await socket.takeAnswer()).status, 400);
      await Promise.all(writes);
    }
  });
});
