import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { postJson } from "../../support/wire/publish.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import {
  endsOf,
  logOf,
  postStream,
  producerOf,
} from "../../support/wire/streams.ts";
import {
  address,
  connectReady,
  connectWire,
  tokenFor,
} from "../../support/wire/websocket.ts";

const encoder = new TextEncoder();
const STOPPED = { stopped: true };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

describe("POST /v1/realtime/stream/stop", () => {
  it("ends a stream for every reader and for its producer", async () => {
    const stop = [{ channel: "stop", name: "t" }];
    const token = await tokenFor(gateway, ["stop/t"], { stop });
    await using client = await connectWire(gateway, { token });
    const line = producerOf(gateway, "stop", "s");
    await line("start", { run_id: "01JDGEXAMPEN0000000000000A" });
    await line("chunk");
    const query = { channel: "stop", topic: "t", stream_id: "s" };
    const { status, stopped } = await postStream(
      gateway,
      "stop",
      query,
      token,
    );
    assertEquals([status, stopped], [200, true]);
    const [start, , end] = await client.take(3);
    assertEquals(
      [end?.kind, end?.data, end?.stream_id, end?.metadata],
      ["datastream-end", "s", "s", STOPPED],
    );
    assertEquals(Object(end).run_id, Object(start).run_id);
    const answers = [
      await line("chunk"),
      await line("end"),
      await line("start"),
      await postStream(gateway, "keep", query),
    ];
    assertEquals(
      answers.map(({ error }) => error?.code),
      Array.from({ length: 4 }, () => "stream_stopped"),
    );
    // A second stop gets the same response.
    assertEquals((await postStream(gateway, "stop", query)).stopped, true);
    assertEquals(endsOf(await logOf(gateway, "stop")), [["s", STOPPED]]);
  });

  it("accepts the ticket of a session long after its token expired", async () => {
    const token = await tokenFor(gateway, ["ticket/t"], { stop: true });
    const { client, ready } = await connectReady(gateway, { token });
    await using _ = client;
    await producerOf(gateway, "ticket", "s")("start");
    const query = { channel: "ticket", topic: "t", stream_id: "s" };
    const { stopped } = await postStream(gateway, "stop", query, ready.ticket);
    assertEquals(stopped, true);
  });

  it("responds at once to a producer that waits for the end", async () => {
    const line = producerOf(gateway, "waits", "s");
    await line("start");
    const query = { channel: "waits", topic: "t", stream_id: "s", wait: "20" };
    const waiting = postStream(gateway, "keep", query);
    // The producer's request has arrived once this later one gets its response.
    await postStream(gateway, "keep", { ...query, wait: "0" });
    await postStream(gateway, "stop", query);
    const { status, error } = await waiting;
    assertEquals([status, error?.code], [409, "stream_stopped"]);
  });

  it("ends the request whose body is the stream", async () => {
    const token = await tokenFor(gateway, ["body/t"]);
    await using client = await connectWire(gateway, { token });
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = postJson(gateway, {
      channel: "body",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: readable,
    });
    await writer.write(encoder.encode("a"));
    const [start] = await client.take(2);
    const { stream_id } = start ?? {};
    const query = { channel: "body", topic: "t", stream_id: String(stream_id) };
    assertEquals((await postStream(gateway, "stop", query)).stopped, true);
    assertEquals<object>(await answer, {
      status: 200,
      id: start?.id,
      ids: [start?.id],
      stream_id,
      stopped: true,
    });
    await writer.abort().catch(() => {});
    assertEquals((await client.next()).metadata, STOPPED);
  });

  it("responds before the end of a body that goes on", async () => {
    const token = await tokenFor(gateway, ["raw/t"]);
    await using client = await connectWire(gateway, { token });
    const url = address(gateway, "publish", { channel: "raw", topic: "t" });
    await using socket = await RawSocket.open(url);
    const { pathname, search, host } = new URL(url);
    await socket.write([
      `POST ${pathname}${search} HTTP/1.1`,
      `host: ${host}`,
      `authorization: Bearer ${gateway.signingKey}`,
      "content-type: text/stream",
      "transfer-encoding: chunked",
      "",
      "2",
      "ab",
      "",
    ].join("\r\n"));
    const [start] = await client.take(2);
    await postStream(gateway, "stop", {
      channel: "raw",
      topic: "t",
      stream_id: String(start?.stream_id),
    });
    await socket.takeUntil('"stopped":true');
  });

  it("reports that a stream had ended before", async () => {
    const line = producerOf(gateway, "over", "s");
    await line("start");
    await line("end");
    const query = { channel: "over", topic: "t", stream_id: "s" };
    const { status, stopped } = await postStream(gateway, "stop", query);
    assertEquals([status, stopped], [200, false]);
    assertEquals(endsOf(await logOf(gateway, "over")), [["s", undefined]]);
  });

  it("refuses an unknown stream, and one in another topic", async () => {
    await producerOf(gateway, "unknown", "s")("start");
    for (
      const query of [
        { channel: "unknown", topic: "t", stream_id: "other" },
        { channel: "other", topic: "t", stream_id: "s" },
        { channel: "unknown", topic: "other", stream_id: "s" },
      ]
    ) {
      const { status, error } = await postStream(gateway, "stop", query);
      assertEquals([status, error?.code], [404, "not_found"]);
    }
    assertEquals((await logOf(gateway, "unknown")).length, 1);
  });
});

describe("The routes for streams refuse", () => {
  const query = { channel: "c", topic: "t", stream_id: "s" };

  for (const route of ["stop", "keep"] as const) {
    it(`a token that doesn't grant the topic: ${route}`, async () => {
      await producerOf(gateway, "c", `${route}-s`)("start");
      async function refusal(bearer: string): Promise<unknown[]> {
        const asked = { ...query, stream_id: `${route}-s` };
        const { status, error } = await postStream(
          gateway,
          route,
          asked,
          bearer,
        );
        return [status, error?.code];
      }
      const right = route === "stop" ? "stop" : "publish";
      const grants = [
        {},
        { [right]: [] },
        { [right]: [{ channel: "c", name: "other" }] },
        { [right]: [{ channel: "other", name: "t" }] },
        route === "stop" ? { publish: true as const } : { stop: true as const },
      ];
      for (const grant of grants) {
        const token = await tokenFor(gateway, ["c/t"], grant);
        assertEquals(await refusal(token), [403, "forbidden"]);
      }
      assertEquals(await refusal(""), [401, "unauthenticated"]);
      assertEquals(await refusal("a.b.c"), [401, "invalid_token"]);
    });

    it(`a request without a valid stream id: ${route}`, async () => {
      const wrong = [
        [{ ...query, stream_id: "" }, "invalid_argument"],
        [{ ...query, stream_id: "s".repeat(241) }, "invalid_argument"],
        [{ ...query, channel: "" }, "invalid_name"],
        [{ ...query, topic: "" }, "invalid_name"],
        [{ ...query, channel: "\n" }, "invalid_name"],
      ] as const;
      for (const [asked, code] of wrong) {
        const { status, error } = await postStream(gateway, route, asked);
        assertEquals([status, error?.code], [400, code]);
      }
    });
  }

  it("to wait for an invalid time", async () => {
    for (const wait of ["x", "-1", "NaN"]) {
      const { error } = await postStream(gateway, "keep", { ...query, wait });
      assertEquals(error?.code, "invalid_argument");
    }
  });
});

describe("A gateway that goes away", () => {
  it("responds to the producers that wait", async () => {
    await using leaving = await startGateway();
    await producerOf(leaving, "c", "s")("start");
    const query = { channel: "c", topic: "t", stream_id: "s" };
    const waiting = postStream(leaving, "keep", { ...query, wait: "20" });
    await postStream(leaving, "keep", query);
    await leaving.gateway.drain({ spread: "1ms" });
    assertEquals((await waiting).open, true);
  });
});
