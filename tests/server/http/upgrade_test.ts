import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { type RawAnswer, RawSocket } from "../../support/wire/raw_socket.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

const PAGE = "https://app.example.com";
const CONNECT = "/v1/realtime/connect";

/** The fields of a page's handshake. */
const HANDSHAKE = {
  connection: "upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("a page's request that offers to upgrade", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ allowedOrigins: [PAGE] });
  });
  afterAll(() => gateway.close());

  async function send(
    start: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<RawAnswer> {
    await using socket = await RawSocket.open(gateway.url);
    const lines = Object.entries({ host: "127.0.0.1", ...fields })
      .map(([name, value]) => `${name}: ${value}\r\n`);
    await socket.write(`${start} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return await socket.takeAnswer();
  }

  /** Returns the headers that tell a page what it may do with an answer. */
  function termsOf({ headers }: RawAnswer): (string | undefined)[] {
    return [
      "cache-control",
      "x-content-type-options",
      "referrer-policy",
      "access-control-allow-origin",
    ].map((name) => headers.get(name));
  }

  const cases: Array<[start: string, status: number, code?: string]> = [
    ["GET /health", 200],
    ["GET /v1/realtime/none", 404, "not_found"],
    ["GET /v1/realtime/history?channel=c", 401, "unauthenticated"],
    ["GET /v1/realtime/sse", 401, "unauthenticated"],
    [`GET ${CONNECT}`, 401, "unauthenticated"],
    [`GET ${CONNECT}?token=a.b.c`, 401, "invalid_token"],
    [`GET ${CONNECT}?x=%E4`, 400, "invalid_argument"],
    [`OPTIONS ${CONNECT}`, 204],
    ["OPTIONS /v1/realtime/publish", 204],
  ];
  for (const [start, status, code] of cases) {
    it(`is answered with all headers that pages need: ${start}`, async () => {
      const fields = { ...HANDSHAKE, origin: PAGE };
      const answer = await send(start, fields);
      assertEquals(answer.status, status);
      if (code) assertEquals(JSON.parse(answer.body).error.code, code);
      const terms = ["no-store", "nosniff", "no-referrer", PAGE];
      assertEquals(termsOf(answer), terms);
    });

    it(`of another origin is refused, or told nothing: ${start}`, async () => {
      const fields = { ...HANDSHAKE, origin: "https://evil.example" };
      const answer = await send(start, fields);
      assertEquals(answer.status, start.startsWith("OPTIONS") ? 204 : 403);
      const terms = ["no-store", "nosniff", "no-referrer", undefined];
      assertEquals(termsOf(answer), terms);
    });
  }

  it("opens a WebSocket, whose answer has neither", async () => {
    const token = await tokenFor(gateway, ["c/t"]);
    const { answer, socket } = await shake(
      address(gateway, "connect", { token }),
      { headers: { origin: PAGE } },
    );
    assertEquals(answer.status, 101);
    assertEquals(answer.headers.get("access-control-allow-origin"), undefined);
    await socket?.close();
  });
});

describe("a handshake of another version", () => {
  it("is answered with 426, and the version that is supported", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    for (const version of ["8", "14", ""]) {
      const { answer } = await shake(address(gateway, "connect", { token }), {
        headers: { "sec-websocket-version": version },
      });
      assertEquals(answer.status, 426);
      assertEquals(answer.headers.get("sec-websocket-version"), "13");
      assertEquals(answer.headers.get("upgrade"), "websocket");
      assertEquals(JSON.parse(answer.body).error, {
        code: "invalid_argument",
        message: "Cannot connect: the version of WebSocket must be 13",
      });
    }
  });
});
