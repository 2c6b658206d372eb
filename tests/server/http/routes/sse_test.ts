import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { parseId, type Position } from "../../../../core/protocol/id.ts";
import { parseSince } from "../../../../server/wire/since.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import {
  bodyOf,
  postJson,
  publish,
  publishAll,
} from "../../../support/wire/publish.ts";
import { connectSse, requestSse } from "../../../support/wire/sse.ts";
import { tokenFor } from "../../../support/wire/websocket.ts";

const encoder = new TextEncoder();

function positionOf(id: string | undefined): Position {
  return parseId(id) ?? { epoch: "", offset: NaN };
}

describe("GET /v1/realtime/sse", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("sends each message as an event with the frame as data and its id as id", async () => {
    const token = await tokenFor(gateway, ["events/t"]);
    await using client = await connectSse(gateway, { token });
    const ids = await publishAll(gateway, "events/t", [{ a: "é\n" }, 2]);
    for (const [i, data] of [{ a: "é\n" }, 2].entries()) {
      const event = await client.event();
      const frame = JSON.parse(event.data);
      assertEquals([event.id, frame.id], [ids[i], ids[i]]);
      assertEquals([frame.kind, frame.data], ["data", data]);
    }
  });

  it("answers at once, with headers against storing and buffering", async () => {
    const token = await tokenFor(gateway, ["silent/t"]);
    await using client = await connectSse(gateway, { token });
    assertEquals(client.headers.get("content-type"), "text/event-stream");
    assertEquals(client.headers.get("cache-control"), "no-store");
    assertEquals(client.headers.get("x-accel-buffering"), "no");
    assertEquals(await client.takeUntil("\n\n"), ":\n\n");
  });

  it("accepts the token as Authorization too", async () => {
    const token = await tokenFor(gateway, ["header/t"]);
    await using client = await connectSse(gateway, {
      headers: { authorization: `Bearer ${token}` },
    });
    await publish(gateway, "header/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("resumes from Last-Event-ID, as a browser sends it", async () => {
    const [first, second] = await publishAll(gateway, "last/t", [1, 2, 3]);
    const token = await tokenFor(gateway, ["last/t"]);
    const headers = { "last-event-id": second ?? "" };
    // A browser reconnects with the address of its first connection.
    await using client = await connectSse(gateway, {
      token,
      headers,
      since: first ?? "",
    });
    assertEquals((await client.next()).data, 3);
  });

  it("resumes from since", async () => {
    await publishAll(gateway, "since/t", [1, 2, 3]);
    const token = await tokenFor(gateway, ["since/t"]);
    await using client = await connectSse(gateway, { token, since: "last:2" });
    const frames = await client.take(2);
    assertEquals(frames.map(({ data }) => data), [2, 3]);
  });

  it("gives events of several channels a cursor as id, which resumes all of them", async () => {
    const token = await tokenFor(gateway, ["one/t", "two/t"]);
    await publish(gateway, "one/t", 0);
    const cursors: (string | undefined)[] = [];
    const ids: string[] = [];
    {
      await using client = await connectSse(gateway, { token });
      for (const [topic, data] of [["one/t", 1], ["two/t", 2], ["one/t", 3]]) {
        ids.push(await publish(gateway, `${topic}`, data));
        const { id, data: frame } = await client.event();
        cursors.push(id);
        assertEquals(JSON.parse(frame).data, data);
      }
    }
    const [one, two] = ids;
    // The cursor also has the position of a channel without messages, so that its next message is not missed.
    assertEquals(parseSince(cursors[0]), {
      from: "cursor",
      positions: new Map([
        ["one", positionOf(one)],
        ["two", positionOf(`${two?.slice(0, 8)}-0`)],
      ]),
    });
    assertEquals(parseSince(cursors[1]), {
      from: "cursor",
      positions: new Map([["one", positionOf(one)], ["two", positionOf(two)]]),
    });
    await publish(gateway, "two/t", 4);
    await using back = await connectSse(gateway, {
      token,
      headers: { "last-event-id": cursors[1] ?? "" },
    });
    const frames = await back.take(2);
    assertEquals(frames.map(({ data }) => data).sort(), [3, 4]);
  });

  it("sends ready, gap and positions to clients of tidings.v1", async () => {
    const [first] = await publishAll(gateway, "v1/t", [1, 2]);
    const token = await tokenFor(gateway, ["v1/t"]);
    const since = "zzzzzzzz-7";
    await using client = await connectSse(gateway, { token, since, v1: true });
    const { channels, ticket } = await client.ready();
    assertEquals(channels[0]?.recovered, false);
    assertEquals((await client.next()).data, { after: since, before: first });
    assertEquals((await client.next()).data, 1);
    await using back = await connectSse(gateway, { token: ticket, v1: true });
    assertEquals((await back.ready()).channels[0]?.channel, "v1");
  });

  it("gives control events no id, as a browser would resume from it", async () => {
    const token = await tokenFor(gateway, ["control/t"]);
    await using client = await connectSse(gateway, {
      token,
      since: "zzzzzzzz-7",
      v1: true,
    });
    await publish(gateway, "control/t", 1);
    const events = [await client.event(), await client.event()];
    assertEquals(events.map(({ id }) => id), [undefined, undefined]);
    assertEquals(events.map(({ data }) => JSON.parse(data).kind), [
      "ready",
      "gap",
    ]);
  });

  it("sends the bytes of tee to plain clients as they are, and as chunks to tidings.v1", async () => {
    const token = await tokenFor(gateway, ["tee/$stream"]);
    await using plain = await connectSse(gateway, { token });
    await using v1 = await connectSse(gateway, { token, v1: true });
    await plain.takeUntil(":\n\n");
    await v1.ready();
    const text = 'event: x\ndata: {"é":1}\r\n\r\n: note\n\ndata: half';
    const bytes = encoder.encode(text);
    await postJson(gateway, {
      route: "publish/tee",
      channel: "tee",
      body: bodyOf([...bytes].map((byte) => Uint8Array.of(byte))),
    });
    assertEquals(await plain.takeUntil("half"), text);
    let chunks = "";
    while (chunks.length < text.length) {
      const { kind, data } = await v1.next();
      assertEquals(kind, "chunk");
      chunks += data;
    }
    assertEquals(chunks, text);
  });

  it("sends no heartbeat in the middle of an event of tee", async () => {
    await using quick = await startGateway({ pingInterval: "5ms" });
    const token = await tokenFor(quick, ["tee/$stream"]);
    await using plain = await connectSse(quick, { token });
    await using pinged = await connectSse(quick, { token, v1: true });
    await plain.takeUntil(":\n\n");
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const answer = postJson(quick, {
      route: "publish/tee",
      channel: "tee",
      body: readable,
    });
    await writer.write(encoder.encode("data: one "));
    await plain.takeUntil("data: one ");
    // The other stream's heartbeats show that enough time has passed.
    for (let pings = 0; pings < 20;) {
      if ((await pinged.next()).kind === "ping") pings++;
    }
    await writer.write(encoder.encode("event\n\n"));
    assertEquals(await plain.takeUntil("event\n\n"), "event\n\n");
    await writer.close();
    await answer;
    assertEquals(await plain.takeUntil("\n\n"), ":\n\n");
  });

  it("refuses a plain client with the HTTP status", async () => {
    async function refusal(options: Parameters<typeof requestSse>[1]) {
      const response = await requestSse(gateway, options);
      const { error } = await response.json();
      return [response.status, error.code];
    }
    const token = await tokenFor(gateway, ["c/t"]);
    assertEquals(await refusal({}), [401, "unauthenticated"]);
    assertEquals(await refusal({ token: "x" }), [401, "invalid_token"]);
    assertEquals(await refusal({ token, since: "x" }), [
      400,
      "invalid_argument",
    ]);
  });

  it("refuses a client of tidings.v1 in an event, and closes if the client doesn't", async () => {
    await using hurried = await startGateway({ tokenDeadline: "100ms" });
    const token = await tokenFor(hurried, ["c/t"]);
    const refused = {
      unauthenticated: {},
      invalid_token: { token: "x" },
      invalid_argument: { token, since: "x" },
    };
    for (const [code, options] of Object.entries(refused)) {
      await using client = await connectSse(hurried, { v1: true, ...options });
      const { kind, data } = await client.next();
      assertEquals([kind, Object(data).code], ["error", code]);
      assertEquals(await client.rest(), "");
    }
  });

  it("ends when the gateway closes", async () => {
    const closing = await startGateway();
    const token = await tokenFor(closing, ["c/t"]);
    await using client = await connectSse(closing, { token });
    await client.takeUntil("\n\n");
    await closing.close();
    assertEquals(await client.rest(), "");
  });
});
