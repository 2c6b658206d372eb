import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const PATH = "/v1/realtime/publish";

/** The parts of an answer that a publisher acts on. */
interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

// What Hono's routes answer is what the shortcut has to answer: an origin is what the shortcut leaves to them.
const HONO = { origin: "https://app.example.com" };

describe("publishing with the signing key", () => {
  let gateway: TestGateway;
  let count = 0;

  beforeAll(async () => {
    gateway = await startGateway({ maxMessageBytes: 1000 });
  });

  afterAll(() => gateway.close());

  /** The head of a request to publish, as it is on the wire. */
  function headOf(channel: string, length: number): string {
    return [
      `POST ${PATH}?channel=${channel}&topic=t HTTP/1.1`,
      "host: 127.0.0.1",
      `authorization: Bearer ${gateway.signingKey}`,
      `content-length: ${length}`,
      "\r\n",
    ].join("\r\n");
  }

  async function post(
    query: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const response = await fetch(`${gateway.url}${PATH}?${query}`, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${gateway.signingKey}`, ...headers },
    });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: await response.json(),
    };
  }

  /** Posts to a channel of its own, whose ids are the same but for their epoch. */
  async function postBoth(
    query: (channel: string) => string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const more of [{}, HONO]) {
      const channel = `c${count++}`;
      const answer = await post(query(channel), body, { ...headers, ...more });
      const text = JSON.stringify(answer)
        .replaceAll(channel, "C").replaceAll(/[a-z0-9]{8}-(\d)/g, "E-$1");
      answers.push(JSON.parse(text));
    }
    return answers;
  }

  const cases: Array<[
    string,
    (channel: string) => string,
    string | Uint8Array<ArrayBuffer>,
    Record<string, string>?,
  ]> = [
    ["JSON", (c) => `channel=${c}&topic=t`, '{"a":1}'],
    ["text", (c) => `channel=${c}&topic=t`, "no JSON"],
    ["nothing", (c) => `channel=${c}&topic=t`, ""],
    ["to several topics", (c) => `channel=${c}&topic=t&topic=u`, "1"],
    ["to no topic", (c) => `channel=${c}`, "1"],
    ["to a topic without a name", (c) => `channel=${c}&topic=`, "1"],
    ["to no channel", () => "topic=t", "1"],
    ["to an empty channel", () => "channel=&topic=t", "1"],
    ["escaped names", (c) => `channel=${c}%3A%C3%A4&topic=a+b`, "1"],
    ["escapes that are no UTF-8", (c) => `channel=${c}%E4&topic=t`, "1"],
    ["control characters", (c) => `channel=${c}%00&topic=t`, "1"],
    ["two channels", (c) => `channel=${c}&channel=d&topic=t`, "1"],
    ["metadata", (c) => `channel=${c}&topic=t&metadata=%7B%7D`, "1"],
    ["wrong metadata", (c) => `channel=${c}&topic=t&metadata=x`, "1"],
    ["what is too large", (c) => `channel=${c}&topic=t`, "x".repeat(1001)],
    [
      "what is too large only as JSON",
      (c) => `channel=${c}&topic=t`,
      "\n".repeat(600),
    ],
    [
      "JSON that is nested too deep",
      (c) => `channel=${c}&topic=t`,
      "[".repeat(100) + "]".repeat(100),
    ],
    [
      "bytes that are no UTF-8",
      (c) => `channel=${c}&topic=t`,
      new Uint8Array([0xff]),
    ],
    ["a long key", (c) => `channel=${c}&topic=t`, "1", {
      "idempotency-key": "k".repeat(256),
    }],
    ["a wrong key", (c) => `channel=${c}&topic=t`, "1", {
      authorization: "Bearer no-key",
    }],
    ["nobody's", (c) => `channel=${c}&topic=t`, "1", { authorization: "" }],
  ];
  for (const [what, query, body, headers] of cases) {
    it(`${what} is answered as by the routes`, async () => {
      const [one, other] = await postBoth(query, body, headers);
      assertEquals(one, other);
    });
  }

  it("delivers the same frame", async () => {
    const token = await tokenFor(gateway, ["same/t"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    const frames: object[] = [];
    for (const headers of [{}, HONO]) {
      await post("channel=same&topic=t", '{"a": 1}', headers);
      const { id: _id, created_at, ...frame } = await client.next();
      assert(typeof created_at === "string");
      frames.push(frame);
    }
    assertEquals(frames[0], frames[1]);
  });

  it("publishes once for a key, whichever way it comes", async () => {
    const key = { "idempotency-key": "once" };
    const first = await post("channel=keys&topic=t", "1", key);
    const second = await post("channel=keys&topic=t", "1", { ...key, ...HONO });
    assertEquals(second.body, first.body);
  });

  it("takes a body that arrives in pieces, and forgets one that breaks off", async () => {
    const head = headOf("pieces", 7);
    const broken = await RawSocket.open(gateway.url);
    await broken.write(head + '"bro');
    await broken[Symbol.asyncDispose]();
    const socket = await RawSocket.open(gateway.url);
    await using _ = socket;
    await socket.write(head + '"who');
    // What was sent before is there when this is answered.
    await post("channel=between&topic=t", "1", {});
    await socket.write('le"');
    const { status, body } = await socket.takeAnswer();
    assertEquals([status, JSON.parse(body).id.split("-")[1]], [200, "1"]);
  });

  it("takes what a connection sends without waiting for answers, in order", async () => {
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
