import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { shake } from "../../support/wire/raw_websocket.ts";
import { address, tokenFor } from "../../support/wire/websocket.ts";

/** An escape, which the shortcut leaves to Hono's routes: what those answer is what it has to answer. */
const HONO = "&other=%41";

describe("a WebSocket's handshake", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    // What comes first is what tells, and that is to be no ping.
    gateway = await startGateway({
      tokenDeadlineMs: 20,
      pingIntervalMs: 3_600_000,
    });
  });
  afterAll(() => gateway.close());

  async function answerOf(
    query: string,
    headers: Record<string, string>,
    protocols: readonly string[],
  ) {
    const url = `${address(gateway, "connect")}?${query}`;
    const { answer, socket } = await shake(url, { headers, protocols });
    const text = socket && protocols.includes("tidings.v1")
      ? (await socket.next())?.replace(/"(session|ticket)":"[^"]*"/g, "")
      : answer.body;
    await socket?.close();
    return { status: answer.status, text };
  }

  const cases: Array<[
    string,
    (token: string) => string,
    Record<string, string>?,
  ]> = [
    ["a token", (token) => `token=${token}`],
    ["a token and since", (token) => `token=${token}&since=last:3`],
    ["a since that is none", (token) => `token=${token}&since=no`],
    ["an empty since", (token) => `since=&token=${token}`],
    ["no token", () => ""],
    ["an empty token", () => "token="],
    ["a token that is none", () => "token=a.b.c"],
    ["two tokens", (token) => `token=${token}&token=a.b.c`],
    ["a name without a value", (token) => `token=${token}&since`],
    ["a page's origin", (token) => `token=${token}`, {
      origin: "https://evil.example",
    }],
    ["an empty origin", (token) => `token=${token}`, { origin: "" }],
    ["a token in a header", () => "", { authorization: "Bearer a.b.c" }],
  ];

  for (const [name, query, headers = {}] of cases) {
    it(`with ${name} is answered the same with and without Hono`, async () => {
      const token = await tokenFor(gateway, ["c/t"]);
      for (const protocols of [[], ["tidings.v1"]]) {
        assertEquals(
          await answerOf(query(token), headers, protocols),
          await answerOf(query(token) + HONO, headers, protocols),
        );
      }
    });
  }
});
