import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { MintOptions } from "../../../core/protocol/token.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { type Cluster, CLUSTERS } from "../../support/brokers/clusters.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import {
  batch,
  type LineAnswer,
  postJson,
} from "../../support/wire/publish.ts";
import { postStream, producerOf } from "../../support/wire/streams.ts";
import { connectWire, tokenFor } from "../../support/wire/websocket.ts";

/** A client of its own: each has another user, unless the options name one. */
function clientOf(
  gateway: TestGateway,
  options: Omit<MintOptions, "topics"> = {},
): Promise<string> {
  const publish = true;
  return tokenFor(gateway, [], { use: "publish", publish, ...options });
}

function line(channel: string, streamId: string, kind = "datastream-start") {
  return { channel, topic: "t", kind, stream_id: streamId, data: streamId };
}

/** Begins streams; returns the code of each one's error. */
async function begin(
  gateway: TestGateway,
  channel: string,
  ids: readonly (number | string)[],
  bearer?: string,
): Promise<unknown[]> {
  const lines = ids.map((id) => line(channel, `${id}`));
  return (await batch(gateway, lines, bearer)).map(codeOf);
}

function codeOf({ error }: LineAnswer): string {
  return error?.code ?? "ok";
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function times(count: number, code: string): string[] {
  return range(count).map(() => code);
}

describe("A client's open data streams", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("are at most 64; another one is refused with too_many until one has ended", async () => {
    const ann = await clientOf(gateway, { sub: "ann" });
    const first = await begin(gateway, "a", range(40), ann);
    const others = await begin(gateway, "b", range(25), ann);
    assertEquals(first, times(40, "ok"));
    assertEquals(others, [...times(24, "ok"), "too_many"]);
    // Another token of the same user is the same client.
    const again = await clientOf(gateway, { sub: "ann" });
    assertEquals(await begin(gateway, "c", ["x"], again), ["too_many"]);
    // Streams that are open go on.
    const [chunk] = await batch(gateway, [line("a", "7", "chunk")], ann);
    assertEquals(chunk?.error, undefined);
    await batch(gateway, [line("a", "7", "datastream-end")], again);
    assertEquals(await begin(gateway, "c", ["x", "y"], ann), [
      "ok",
      "too_many",
    ]);
  });

  it("are limited for each client alone, and not with the signing key", async () => {
    const [one, two] = [await clientOf(gateway), await clientOf(gateway)];
    assertEquals(await begin(gateway, "one", range(64), one), times(64, "ok"));
    assertEquals(await begin(gateway, "one", ["x"], one), ["too_many"]);
    assertEquals(await begin(gateway, "one", ["y"], two), ["ok"]);
    assertEquals(await begin(gateway, "key", range(70)), times(70, "ok"));
  });

  it("are limited however one is opened: by a start or a body", async () => {
    await using small = await startGateway({ maxClientStreams: 1 });
    const token = await clientOf(small);
    assertEquals(await begin(small, "c", ["s"], token), ["ok"]);
    const { status, error } = await postJson(small, {
      channel: "c",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: "text",
      bearer: token,
    });
    assertEquals([status, error?.code], [429, "too_many"]);
    const chunks = await batch(small, [
      line("c", "other", "chunk"),
      line("c", "s", "chunk"),
    ], token);
    assertEquals(chunks.map(codeOf), ["conflict", "ok"]);
    const query = { channel: "c", topic: "t", stream_id: "s" };
    assertEquals((await postStream(small, "keep", query, token)).open, true);
  });

  it("free their places when they are lost or stopped", async () => {
    await using small = await startGateway({
      maxClientStreams: 2,
      streamLease: "200ms",
    });
    const token = await clientOf(small);
    const reading = await tokenFor(small, ["c/t"]);
    await using client = await connectWire(small, { token: reading });
    assertEquals(await begin(small, "c", ["a", "b", "c"], token), [
      "ok",
      "ok",
      "too_many",
    ]);
    await client.find("datastream-end");
    await client.find("datastream-end");
    assertEquals(await begin(small, "c", ["d", "e"], token), ["ok", "ok"]);
    const { stream_id } = await client.find("datastream-start");
    const query = { channel: "c", topic: "t", stream_id };
    assertEquals((await postStream(small, "stop", query)).stopped, true);
    assertEquals(await begin(small, "c", ["f", "g"], token), [
      "ok",
      "too_many",
    ]);
  });

  it("are counted while they are being opened, too", async () => {
    const memory = new MemoryBroker();
    const held = Promise.withResolvers<void>();
    let calls = 0;
    const broker: Broker = Object.assign(memory, {
      async publish(...args: Parameters<Broker["publish"]>) {
        calls++;
        await held.promise;
        return MemoryBroker.prototype.publish.apply(memory, args);
      },
    });
    await using small = await startGateway({ broker, maxClientStreams: 5 });
    const token = await clientOf(small);
    const answers = range(12).map((id) => begin(small, "c", [id], token));
    let refused = 0;
    for (const answer of answers) {
      void answer.then(([code]) => refused += code === "too_many" ? 1 : 0);
    }
    await until(() => calls + refused === 12);
    held.resolve();
    const codes = (await Promise.all(answers)).flat().sort();
    assertEquals(codes, [...times(5, "ok"), ...times(7, "too_many")]);
  });
});

function describeChannel(name: string, start: () => Promise<Cluster>): void {
  describe(`A channel's open data streams: ${name}`, () => {
    let cluster: Cluster;
    let a: TestGateway;
    let b: TestGateway;
    beforeAll(async () => {
      cluster = await start();
      const { broker } = cluster;
      a = await startGateway({ broker: broker(), maxChannelStreams: 3 });
      b = await startGateway({ broker: broker(), maxChannelStreams: 3 });
    });
    afterAll(async () => {
      await a.close();
      await b.close();
      await cluster.close();
    });

    it("are limited whoever publishes them, at all gateways together", async () => {
      assertEquals(await begin(a, "c", ["1", "2"]), ["ok", "ok"]);
      const client = await clientOf(b);
      assertEquals(await begin(b, "c", ["3", "4"], client), [
        "ok",
        "too_many",
      ]);
      // A reader shows that this gateway has the news of the other one.
      const token = await tokenFor(a, ["c/t"]);
      await using reader = await connectWire(a, { token });
      for (const _ of range(3)) await reader.find("datastream-start");
      assertEquals(await begin(a, "c", ["4"]), ["too_many"]);
      assertEquals(await begin(a, "elsewhere", ["4"]), ["ok"]);
      await producerOf(b, "c", "3", client)("end");
      await reader.find("datastream-end");
      assertEquals(await begin(a, "c", ["4", "5"]), ["ok", "too_many"]);
    });

    it("no longer count where the gateway stopped following the channel before they ended", async () => {
      const token = await tokenFor(b, ["left/t"]);
      await begin(a, "left", ["1", "2", "3"]);
      {
        await using reader = await connectWire(b, { token });
        for (const _ of range(3)) await reader.find("datastream-start");
        assertEquals(await begin(b, "left", ["4"]), ["too_many"]);
      }
      for (const id of ["1", "2", "3"]) await producerOf(a, "left", id)("end");
      await until(async () => (await begin(b, "left", ["4"]))[0] === "ok");
    });
  });
}

for (const [name, start] of CLUSTERS) describeChannel(name, start);
