import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { serve, type Server } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { waysTo } from "../../support/wire/ways.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const PATH = "/v1/realtime/publish";

type Bytes = Uint8Array<ArrayBuffer>;

/** The parts of an answer that a publisher acts on. */
interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly offsets: readonly string[] | undefined;
  readonly error: { readonly code: string; readonly message: string };
}

describe("a request to publish one message", () => {
  let gateway: TestGateway;
  let mounted: Server;
  let count = 0;

  beforeAll(async () => {
    gateway = await startGateway({ maxMessageBytes: 1000 });
    const app = new Hono();
    app.all("/v1/realtime/*", (c) => gateway.gateway.fetch(c.req.raw, c.env));
    mounted = await serve(app, { port: 0 });
  });

  afterAll(async () => {
    await gateway.close();
    await mounted.close();
  });

  const ways = waysTo(() => gateway.url, () => mounted.url);

  function initOf(
    body: string | Bytes,
    headers: Record<string, string> = {},
  ): RequestInit {
    return {
      method: "POST",
      body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      headers: { authorization: `Bearer ${gateway.signingKey}`, ...headers },
    };
  }

  /** Sends a request by each way, to a channel of its own. */
  async function answersOf(
    query: (channel: string) => string,
    init: RequestInit,
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const send of Object.values(ways)) {
      const channel = `Channel.${count++}.`;
      const response = await send(`${PATH}?${query(channel)}`, init);
      const { ids, error } = await response.json();
      answers.push({
        status: response.status,
        type: response.headers.get("content-type"),
        offsets: ids?.map((id: string) => id.split("-")[1]),
        error: error &&
          { ...error, message: error.message.replaceAll(channel, "") },
      });
    }
    return answers;
  }

  const plain = (channel: string) => `channel=${channel}&topic=t`;
  type Case = [
    what: string,
    status: number,
    query: (channel: string) => string,
    body: string | Bytes,
    headers?: Record<string, string>,
  ];
  const cases: Case[] = [
    ["JSON", 200, plain, '{"a":1}'],
    ["text", 200, plain, "no JSON"],
    ["an empty body", 200, plain, ""],
    ["several topics", 200, (c) => `${plain(c)}&topic=u`, "1"],
    ["no topic", 400, (c) => `channel=${c}`, "1"],
    ["an empty topic", 400, (c) => `channel=${c}&topic=`, "1"],
    ["no channel", 400, () => "topic=t", "1"],
    ["an empty channel", 400, () => "channel=&topic=t", "1"],
    ["escaped names", 200, (c) => `channel=${c}%3A%C3%A4&topic=a+b`, "1"],
    ["escapes that are not UTF-8", 400, (c) => `${plain(c)}%E4`, "1"],
    ["half an escape", 400, (c) => `${plain(c)}%4`, "1"],
    ["control characters", 400, (c) => `channel=${c}%00&topic=t`, "1"],
    ["two channels", 200, (c) => `channel=${c}&channel=d&topic=t`, "1"],
    ["metadata", 200, (c) => `${plain(c)}&metadata=%7B%7D`, "1"],
    ["metadata that is not JSON", 400, (c) => `${plain(c)}&metadata=x`, "1"],
    ["a parameter that nothing reads", 200, (c) => `${plain(c)}&x=1`, "1"],
    ["a body that is too large", 413, plain, "x".repeat(1001)],
    ["a body that is too large only as JSON", 413, plain, "\n".repeat(600)],
    ["deeply nested JSON", 400, plain, "[".repeat(100) + "]".repeat(100)],
    ["a body that is not UTF-8", 400, plain, new Uint8Array([0xff])],
    ["a long key", 400, plain, "1", { "idempotency-key": "k".repeat(256) }],
    ["an empty key", 400, plain, "1", { "idempotency-key": "" }],
    ["a key's time", 200, plain, "1", {
      "idempotency-key": "timed",
      "idempotency-ttl": "86400",
    }],
    ...["", "0", "86401", "-1", "1.5", "1e3", "0x10", "60s", "60, 60"].map(
      (ttl): Case => [`"${ttl}" as a key's time`, 400, plain, "1", {
        "idempotency-key": "k",
        "idempotency-ttl": ttl,
      }],
    ),
    ["the type of an event stream", 200, plain, "1", {
      "content-type": "text/event-stream",
    }],
    ["a wrong signing key", 401, plain, "1", { authorization: "Bearer no" }],
    ["no signing key", 401, plain, "1", { authorization: "" }],
  ];
  for (const [what, status, query, body, headers] of cases) {
    it(`is answered the same by every way: ${what}`, async () => {
      const [first, ...others] = await answersOf(query, initOf(body, headers));
      assertEquals(first?.status, status);
      for (const other of others) assertEquals(other, first);
    });
  }

  it("is delivered as the same frame by every way", async () => {
    const token = await tokenFor(gateway, ["same/t"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    const frames: object[] = [];
    for (const send of Object.values(ways)) {
      const sent = await send(
        `${PATH}?channel=same&topic=t&fn_slug=f`,
        initOf("{}"),
      );
      await sent.body?.cancel();
      const { id: _id, created_at, ...frame } = await client.next();
      assert(typeof created_at === "string");
      frames.push(frame);
    }
    for (const frame of frames) assertEquals(frame, frames[0]);
  });

  it("is published once for a key, by whichever way it is repeated", async () => {
    const init = initOf("1", { "idempotency-key": "once" });
    const ids = new Set<string>();
    for (const send of Object.values(ways)) {
      const { id } = await (await send(`${PATH}?channel=keys&topic=t`, init))
        .json();
      ids.add(id);
    }
    assertEquals(ids.size, 1);
  });

  it("with a token counts as the client's, by every way", async () => {
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const headers = { authorization: `Bearer ${token}` };
    const [first, ...others] = await answersOf(plain, initOf("1", headers));
    assertEquals(first?.status, 200);
    for (const other of others) assertEquals(other, first);
  });

  /** Writes the head of a request as it is on the wire. */
  function headOf(channel: string, length: number): string {
    return [
      `POST ${PATH}?channel=${channel}&topic=t HTTP/1.1`,
      "host: 127.0.0.1",
      `authorization: Bearer ${gateway.signingKey}`,
      `content-length: ${length}`,
      "\r\n",
    ].join("\r\n");
  }

  it("may arrive in pieces, and is forgotten if it breaks off", async () => {
    const head = headOf("pieces", 7);
    const broken = await RawSocket.open(gateway.url);
    await broken.write(head + '"bro');
    await broken[Symbol.asyncDispose]();
    const socket = await RawSocket.open(gateway.url);
    await using _ = socket;
    await socket.write(head + '"who');
    // When this is answered, the gateway has read what was sent before.
    await answersOf(plain, initOf("1"));
    await socket.write('le"');
    const { status, body } = await socket.takeAnswer();
    assertEquals([status, JSON.parse(body).id.split("-")[1]], [200, "1"]);
  });

  it("may follow another without waiting for the answer, in order", async () => {
    const socket = await RawSocket.open(gateway.url);
    await using _ = socket;
    const request = headOf("pipe", 1) + "1";
    await socket.write(request + request);
    const offsets: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { status, body } = await socket.takeAnswer();
      assertEquals(status, 200);
      offsets.push(JSON.parse(body).id.split("-")[1]);
    }
    assertEquals(offsets, ["1", "2"]);
  });
});
