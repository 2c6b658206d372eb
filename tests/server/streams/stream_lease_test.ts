import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProducer } from "../../support/client/producer.ts";
import { bodyOf, postJson } from "../../support/wire/publish.ts";
import { type Cluster, CLUSTERS } from "../../support/brokers/clusters.ts";
import {
  endsOf,
  logOf,
  postStream,
  producerOf,
} from "../../support/wire/streams.ts";
import {
  connectWire,
  type Target,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

/** A short lease, so that tests don't wait long. */
const LEASE_MS = 400;

const encoder = new TextEncoder();

async function subscribe(
  target: Target,
  channel: string,
  topic = "t",
  since?: string,
): Promise<WireClient> {
  const token = await tokenFor(target, [`${channel}/${topic}`]);
  return connectWire(target, { token, ...since ? { since } : {} });
}

/** Returns the error code in the next end of a stream that a client receives. */
async function endOf(client: WireClient): Promise<unknown> {
  const { metadata } = await client.find("datastream-end");
  return Object(metadata).error?.code;
}

describe("The lease of a data stream", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ streamLease: `${LEASE_MS}ms` });
  });
  afterAll(() => gateway.close());

  it("runs out when nothing comes: the stream ends once, with an error, for late readers too", async () => {
    await using client = await subscribe(gateway, "silent");
    const line = producerOf(gateway, "silent", "s");
    await line("start");
    await line("chunk");
    assertEquals((await client.take(2)).map(({ data }) => data), ["s", "x"]);
    const end = await client.next();
    assertEquals([end.kind, end.data, end.stream_id], [
      "datastream-end",
      "s",
      "s",
    ]);
    assertEquals(Object(end.metadata).error.code, "producer_lost");
    await using late = await subscribe(gateway, "silent", "t", "start");
    assertEquals((await late.take(3)).at(-1), end);
    assertEquals(endsOf(await logOf(gateway, "silent")).length, 1);
  });

  it("refuses every message of a producer that comes back too late", async () => {
    await using client = await subscribe(gateway, "back");
    const line = producerOf(gateway, "back", "s");
    await line("start", { key: "s:0" });
    await endOf(client);
    const query = { channel: "back", topic: "t", stream_id: "s" };
    const answers = [
      await line("chunk"),
      await line("end"),
      await line("start"),
      await postStream(gateway, "keep", query),
    ];
    assertEquals(
      answers.map(({ error }) => error?.code),
      Array.from({ length: 4 }, () => "stream_ended"),
    );
    assertMatch(answers[0]?.error?.message ?? "", /nothing came/);
    assertEquals((await logOf(gateway, "back")).length, 2);
  });

  it("is renewed by signs of life while the producer is quiet", async () => {
    // Two thirds of the lease are left after each of them, also on a machine that is busy.
    await using patient = await startGateway({ streamLease: "1500ms" });
    await using signs = await subscribe(patient, "quiet", "$lease");
    await using client = await subscribe(patient, "quiet");
    const line = producerOf(patient, "quiet", "s");
    await line("start");
    const query = { channel: "quiet", topic: "t", stream_id: "s", wait: "20" };
    // At least a quarter of the lease lies between two of them.
    for (let count = 0; count < 6; count++) {
      assertEquals((await postStream(patient, "keep", query)).open, true);
    }
    await signs.take(5);
    assertEquals((await line("chunk")).error, undefined);
    const kinds = (await client.take(2)).map(({ kind }) => kind);
    assertEquals(kinds, ["datastream-start", "chunk"]);
    // Without further signs the lease runs out.
    assertEquals(await endOf(client), "producer_lost");
  });

  it("ends the stream of a producer that was killed", async () => {
    await using client = await subscribe(gateway, "killed");
    const kill = startProducer(gateway, "killed", "messages");
    const [, chunk] = await client.take(2);
    assertEquals(chunk?.data, "Half an ans");
    await kill();
    assertEquals(await endOf(client), "producer_lost");
    await using late = await subscribe(gateway, "killed", "t", "start");
    assertEquals(await endOf(late), "producer_lost");
  });

  it("is not waited for when a producer is killed in the middle of its body", async () => {
    await using patient = await startGateway();
    await using client = await subscribe(patient, "body");
    const kill = startProducer(patient, "body", "body");
    await client.take(2);
    await kill();
    assertEquals(await endOf(client), "invalid_data");
  });

  it("runs out for a silent body, whose request gets a response", async () => {
    await using client = await subscribe(gateway, "mute");
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = postJson(gateway, {
      channel: "mute",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: readable,
    });
    await writer.write(encoder.encode("a"));
    assertEquals(await endOf(client), "producer_lost");
    const { status, error } = await answer;
    assertEquals([status, error?.code], [409, "stream_ended"]);
    await writer.abort().catch(() => {});
  });

  it("is longer for a body that requests a longer one", async () => {
    await using signs = await subscribe(gateway, "patient", "$lease");
    await using client = await subscribe(gateway, "patient");
    let goOn = (): void => {};
    const more = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const answer = postJson(gateway, {
      channel: "patient",
      topic: "t",
      query: { lease: "60" },
      headers: { "content-type": "text/stream" },
      body: bodyOf((async function* () {
        yield encoder.encode("a");
        await more;
        yield encoder.encode("b");
      })()),
    });
    // A third of the lease lies between two signs of life.
    await signs.take(5);
    goOn();
    assertEquals((await answer).status, 200);
    const frames = await client.take(4);
    assertEquals(frames.map(({ data }) => data).slice(1, 3), ["a", "b"]);
    assertEquals(frames[3]?.metadata, undefined);
  });

  it("is shorter for a body that requests a shorter one", async () => {
    await using patient = await startGateway();
    await using client = await subscribe(patient, "short");
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = postJson(patient, {
      channel: "short",
      topic: "t",
      query: { lease: "0.2" },
      headers: { "content-type": "text/stream" },
      body: readable,
    });
    await writer.write(encoder.encode("a"));
    assertEquals(await endOf(client), "producer_lost");
    assertEquals((await answer).error?.code, "stream_ended");
    await writer.abort().catch(() => {});
  });

  it("refuses an invalid lease", async () => {
    for (const lease of ["0", "-1", "x", "", "Infinity", "1e9"]) {
      const { status, error } = await postJson(gateway, {
        channel: "none",
        topic: "t",
        query: { lease },
        headers: { "content-type": "text/stream" },
        body: "x",
      });
      assertEquals([status, error?.code], [400, "invalid_argument"]);
    }
    assertEquals(await logOf(gateway, "none"), []);
  });

  it("continues for a stream whose start was lost with the log", async () => {
    await using client = await subscribe(gateway, "restarted");
    const line = producerOf(gateway, "restarted", "before");
    assertEquals((await line("chunk")).error, undefined);
    assertEquals((await client.next()).data, "x");
    assertEquals(await endOf(client), "producer_lost");
    assertEquals((await line("chunk")).error?.code, "stream_ended");
  });

  it("doesn't apply to raw bytes, nor to messages that only carry a stream's id", async () => {
    await using signs = await subscribe(gateway, "tee", "$stream");
    const tee = { route: "publish/tee", channel: "tee", body: "x" } as const;
    assertEquals((await postJson(gateway, tee)).status, 200);
    assertEquals(await signs.socket.next(), "x");
    await using silent = await subscribe(gateway, "tee", "other");
    const line = producerOf(gateway, "tee", "s");
    // A message with a stream's id doesn't begin a stream either.
    await line("start", { topic: "other", kind: "data" });
    await producerOf(gateway, "tee", "s2")("start", { topic: "other" });
    await endOf(silent);
    const ends = endsOf(await logOf(gateway, "tee"));
    assertEquals(ends.length, 1);
    assertEquals(Object(ends[0])[0], "s2");
  });
});

describe("Data streams", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("end once, however often and with whatever key the end is published", async () => {
    const line = producerOf(gateway, "once", "s");
    const start = await line("start", { key: "s:0" });
    const first = await line("end", { key: "s:1" });
    assertEquals(
      [await line("end", { key: "s:1" }), await line("end"), first],
      [first, first, first],
    );
    // A retry after a lost response gets the id of the first attempt.
    const again = await line("start", { key: "s:0" });
    assertEquals([again.id, again.error?.code], [start.id, "stream_ended"]);
    assertEquals((await line("chunk")).error?.code, "stream_ended");
    assertEquals((await logOf(gateway, "once")).length, 2);
  });

  it("stay in their topics", async () => {
    const line = producerOf(gateway, "topics", "s");
    await line("start");
    const other = { topic: "other" };
    const answers = [
      await line("chunk", other),
      await line("end", other),
      await line("start", other),
      // A stop by another topic is refused, too.
      await line("start", { ...other, producer: "p" }),
      await postStream(gateway, "keep", {
        channel: "topics",
        topic: "other",
        stream_id: "s",
      }),
    ];
    assertEquals(
      answers.map(({ error }) => error?.code),
      Array.from({ length: 5 }, () => "conflict"),
    );
    assertEquals((await line("chunk")).error, undefined);
  });

  it("refuse another producer, while they are open and once they have ended", async () => {
    const producer = (name: string) => ({ key: "s:0", producer: name });
    const line = producerOf(gateway, "producers", "s");
    const first = await line("start", producer("a"));
    assertEquals(await line("start", producer("a")), first);
    assertEquals((await line("start", producer("b"))).error?.code, "conflict");
    // That ends the stream of the first producer.
    assertEquals((await line("chunk")).error?.code, "stream_ended");
    assertEquals((await line("start", producer("c"))).error?.code, "conflict");

    const next = producerOf(gateway, "producers", "s~2");
    const second = await next("start", { ...producer("b"), key: "s~2:0" });
    await next("end");
    const repeated = await next("start", { ...producer("c"), key: "s~2:0" });
    assertEquals(
      [repeated.id, repeated.error?.code],
      [second.id, "stream_ended"],
    );
    const log = await logOf(gateway, "producers");
    assertEquals(log.map(({ kind }) => kind), [
      "datastream-start",
      "datastream-end",
      "datastream-start",
      "datastream-end",
    ]);
  });
});

function describeCluster(name: string, start: () => Promise<Cluster>): void {
  describe(`The lease of a data stream with several gateways: ${name}`, () => {
    let cluster: Cluster;
    let a: TestGateway;
    let b: TestGateway;
    beforeAll(async () => {
      cluster = await start();
      const { broker } = cluster;
      a = await startGateway({
        broker: broker(),
        streamLease: `${LEASE_MS}ms`,
      });
      b = await startGateway({
        broker: broker(),
        streamLease: `${LEASE_MS}ms`,
      });
    });
    afterAll(async () => {
      await a.close();
      await b.close();
      await cluster.close();
    });

    it("moves with the producer from one gateway to the other", async () => {
      await using client = await subscribe(a, "moves");
      await using signs = await subscribe(b, "moves", "$lease");
      const query = {
        channel: "moves",
        topic: "t",
        stream_id: "s",
        wait: "20",
      };
      await producerOf(a, "moves", "s")("start");
      for (let count = 0; count < 6; count++) {
        assertEquals((await postStream(b, "keep", query)).open, true);
      }
      await signs.take(5);
      assertEquals(
        (await producerOf(a, "moves", "s")("chunk")).error,
        undefined,
      );
      await producerOf(b, "moves", "s")("end");
      const frames = await client.take(3);
      assertEquals(frames.map(({ kind }) => kind), [
        "datastream-start",
        "chunk",
        "datastream-end",
      ]);
      assertEquals(frames[2]?.metadata, undefined);
    });

    it("ends the stream once though both see it run out, and both refuse later messages", async () => {
      await using first = await subscribe(a, "both");
      await using second = await subscribe(b, "both");
      await producerOf(a, "both", "s")("start");
      await producerOf(b, "both", "s")("chunk");
      assertEquals(await endOf(first), "producer_lost");
      assertEquals(await endOf(second), "producer_lost");
      for (const gateway of [a, b]) {
        const { error } = await producerOf(gateway, "both", "s")("chunk");
        assertEquals(error?.code, "stream_ended");
      }
      assertEquals(endsOf(await logOf(a, "both")).length, 1);
    });

    it("ends a stream that a gone gateway left open, for readers at another", async () => {
      const { broker } = cluster;
      const gone = await startGateway({ broker: broker() });
      await producerOf(gone, "left", "s")("start");
      await gone.close();
      await using client = await subscribe(b, "left");
      assertEquals((await client.next()).kind, "datastream-start");
      assertEquals(await endOf(client), "producer_lost");
    });

    it("ends a stream that a gone gateway left open after its first chunks, for readers at another", async () => {
      const { broker } = cluster;
      const gone = await startGateway({ broker: broker() });
      const line = producerOf(gone, "left-late", "s");
      await line("start");
      await line("chunk");
      await line("chunk");
      await gone.close();
      await using client = await subscribe(b, "left-late");
      assertEquals(await client.takeData(2), ["s", "xx"]);
      assertEquals(await endOf(client), "producer_lost");
      assertEquals(endsOf(await logOf(b, "left-late")).length, 1);
    });

    it("finds a stream that another gateway began a moment ago", async () => {
      await using _ = await subscribe(b, "moment");
      for (let i = 0; i < 20; i++) {
        await producerOf(a, "moment", `s${i}`)("start");
        const query = { channel: "moment", topic: "t", stream_id: `s${i}` };
        assertEquals((await postStream(b, "stop", query)).stopped, true);
        assertEquals((await postStream(a, "stop", query)).stopped, true);
      }
    });

    it("refuses messages of a stream that ended before the gateway followed its channel", async () => {
      const { broker } = cluster;
      await using c = await startGateway({ broker: broker() });
      const line = producerOf(a, "ended", "s");
      const start = await line("start");
      await line("end");
      const late = producerOf(c, "ended", "s");
      assertEquals((await late("chunk")).error?.code, "stream_ended");
      const repeated = await late("start", { producer: "p" });
      assertEquals(
        [repeated.id, repeated.error?.code],
        [start.id, "stream_ended"],
      );
      const query = { channel: "ended", topic: "t", stream_id: "s" };
      assertEquals((await postStream(c, "stop", query)).stopped, false);
    });
  });
}

for (const [name, start] of CLUSTERS) describeCluster(name, start);
