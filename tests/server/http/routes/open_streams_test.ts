import { assertEquals } from "@std/assert";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
} from "@std/testing/bdd";
import { type Broker, MemoryBroker } from "../../../../server/mod.ts";
import { type Cluster, CLUSTERS } from "../../../support/brokers/clusters.ts";
import { shareBroker } from "../../../support/brokers/shared_broker.ts";
import { type Signal, signal } from "../../../support/client/client.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { revoke } from "../../../support/wire/revoke.ts";
import { until } from "../../../support/until.ts";
import { postStream, producerOf } from "../../../support/wire/streams.ts";
import { batch, postJson } from "../../../support/wire/publish.ts";
import {
  address,
  connectReady,
  tokenFor,
} from "../../../support/wire/websocket.ts";

interface Listing {
  readonly status: number;
  readonly streams?: ReadonlyArray<
    {
      readonly stream_id: string;
      readonly topic: string;
      readonly id?: string;
      readonly client?: true;
    }
  >;
  readonly error?: { readonly code: string; readonly message: string };
}

async function list(
  { url, signingKey }: TestGateway,
  query: Readonly<Record<string, string | readonly string[]>>,
  bearer: string = signingKey,
): Promise<Listing> {
  const target = { url, signingKey };
  const response = await fetch(address(target, "streams", query), {
    headers: bearer === "" ? {} : { authorization: `Bearer ${bearer}` },
  });
  return { ...await response.json(), status: response.status };
}

async function idsOf(listing: Promise<Listing>): Promise<unknown> {
  return (await listing).streams?.map(({ stream_id }) => stream_id);
}

describe("GET /v1/realtime/streams", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("lists the open streams of some topics with the ids of their starts, the oldest first", async () => {
    const ids: unknown[] = [];
    for (
      const [id, topic] of [["1", "a"], ["2", "b"], ["3", "a"], ["4", "c"]]
    ) {
      const line = producerOf(gateway, "list", String(id));
      ids.push((await line("start", { topic })).id);
      await line("chunk", { topic });
    }
    await producerOf(gateway, "list", "2")("end", { topic: "b" });
    const [first, , third, fourth] = ids;
    const inA = [
      { stream_id: "1", topic: "a", id: first },
      { stream_id: "3", topic: "a", id: third },
    ];
    const inC = [{ stream_id: "4", topic: "c", id: fourth }];
    const answers = [
      await list(gateway, { channel: "list", topic: "a" }),
      await list(gateway, { channel: "list", topic: ["c", "a"] }),
      await list(gateway, { channel: "list", topic: "b" }),
      await list(gateway, { channel: "list" }),
      await list(gateway, { channel: "elsewhere", topic: "a" }),
    ];
    assertEquals<unknown>(
      answers,
      [inA, [...inA, ...inC], [], [...inA, ...inC], []]
        .map((streams) => ({ status: 200, streams })),
    );
  });

  it("no longer lists a stream that has ended, was stopped or replaced", async () => {
    const query = { channel: "over", topic: "t" };
    for (const id of ["1", "2", "3"]) {
      await producerOf(gateway, "over", id)("start");
    }
    assertEquals(await idsOf(list(gateway, query)), ["1", "2", "3"]);
    await producerOf(gateway, "over", "2")("end");
    assertEquals(await idsOf(list(gateway, query)), ["1", "3"]);
    await postStream(gateway, "stop", { ...query, stream_id: "1" });
    assertEquals(await idsOf(list(gateway, query)), ["3"]);
    const fields = { other_streams: "replace" };
    await producerOf(gateway, "over", "4")("start", fields);
    assertEquals(await idsOf(list(gateway, query)), ["4"]);
  });

  it("tells which streams clients publish, however they begin", async () => {
    const publish = [{ channel: "whose", name: "t" }];
    const token = await tokenFor(gateway, ["whose/t"], { publish });
    await producerOf(gateway, "whose", "app")("start");
    await producerOf(gateway, "whose", "own", token)("start");
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const published = postJson(gateway, {
      channel: "whose",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: body.readable,
      bearer: token,
    });
    const writer = body.writable.getWriter();
    await writer.write(new TextEncoder().encode("text"));
    const query = { channel: "whose", topic: "t" };
    await until(async () => (await list(gateway, query)).streams?.length === 3);
    const { streams = [] } = await list(gateway, query);
    assertEquals(streams.map(({ client }) => client), [undefined, true, true]);
    await writer.close();
    const { stream_id } = await published;
    assertEquals(stream_id, streams[2]?.stream_id);
  });

  it("takes a token or a ticket that subscribes to the topics", async () => {
    await producerOf(gateway, "grant", "1")("start");
    await producerOf(gateway, "grant", "2")("start", { topic: "hidden" });
    const token = await tokenFor(gateway, ["grant/t", "elsewhere/t"]);
    const query = { channel: "grant", topic: "t" };
    assertEquals(await idsOf(list(gateway, query, token)), ["1"]);
    assertEquals(await idsOf(list(gateway, { ...query, token }, "")), ["1"]);
    // Without a topic, all that the token grants.
    const all = { channel: "grant" };
    assertEquals(await idsOf(list(gateway, all, token)), ["1"]);
    const { client, ready } = await connectReady(gateway, { token });
    await using _ = client;
    assertEquals(await idsOf(list(gateway, query, ready.ticket)), ["1"]);
  });

  it("answers HEAD, without the list", async () => {
    const url = address(gateway, "streams", { channel: "list" });
    const { status, body } = await fetch(url, {
      method: "HEAD",
      headers: { authorization: `Bearer ${gateway.signingKey}` },
    });
    assertEquals([status, body], [200, null]);
  });

  it("refuses topics that the token doesn't grant, other tokens, and callers without one", async () => {
    const token = await tokenFor(gateway, ["grant/t"]);
    const publishing = await tokenFor(gateway, [], {
      use: "publish",
      publish: true,
    });
    const query = { channel: "grant", topic: "t" };
    const answers = [
      await list(gateway, { ...query, topic: "hidden" }, token),
      await list(gateway, { ...query, topic: ["t", "hidden"] }, token),
      await list(gateway, { channel: "other" }, token),
      await list(gateway, query, publishing),
      await list(gateway, query, "a.b.c"),
      await list(gateway, query, ""),
      await list(gateway, { channel: "" }, token),
    ];
    assertEquals(answers.map(({ status, error }) => [status, error?.code]), [
      [403, "forbidden"],
      [403, "forbidden"],
      [403, "forbidden"],
      [401, "invalid_token"],
      [401, "invalid_token"],
      [401, "unauthenticated"],
      [400, "invalid_name"],
    ]);
    assertEquals(
      answers[0]?.error?.message,
      'Cannot list the streams of "grant": the token doesn\'t grant topic "hidden"',
    );
  });

  it("refuses a token that is revoked while the log is read", async () => {
    const broker = new MemoryBroker();
    await using own = await startGateway({ broker });
    const token = await tokenFor(own, ["c/t"], { sub: "ann" });
    const query = { channel: "c", topic: "t" };
    assertEquals((await list(own, query, token)).status, 200);
    Object.assign(broker, {
      async read(...args: Parameters<Broker["read"]>) {
        await revoke(own, { subject: "ann" });
        return await MemoryBroker.prototype.read.apply(broker, args);
      },
    });
    const { status, error } = await list(own, query, token);
    assertEquals([status, error?.code], [403, "forbidden"]);
  });

  it("lists a stream whose beginning the log no longer has without an id", async () => {
    const broker = new MemoryBroker({ historySize: 3 });
    await using small = await startGateway({ broker });
    const query = { channel: "c", topic: "t" };
    await producerOf(small, "c", "1")("start");
    await producerOf(small, "c", "2")("start");
    for (let i = 0; i < 2; i++) await producerOf(small, "c", "2")("chunk");
    const listed = (await list(small, query)).streams ?? [];
    assertEquals(
      listed.map(({ stream_id, id }) => [stream_id, typeof id]),
      [["1", "undefined"], ["2", "string"]],
    );
    await producerOf(small, "c", "2")("chunk");
    assertEquals((await list(small, query)).streams, [
      { stream_id: "1", topic: "t" },
      { stream_id: "2", topic: "t" },
    ]);
  });

  it("lists streams that the process before left open", async () => {
    await using folder = await DatabaseFolder.create();
    let id: unknown;
    {
      await using before = await startGateway({ broker: await folder.open() });
      ({ id } = await producerOf(before, "c", "1")("start"));
      await producerOf(before, "c", "2")("start");
      await producerOf(before, "c", "2")("end");
    }
    await using after = await startGateway({ broker: await folder.open() });
    const { streams } = await list(after, { channel: "c", topic: "t" });
    assertEquals<unknown>(streams, [{ stream_id: "1", topic: "t", id }]);
  });
});

function describeCluster(name: string, start: () => Promise<Cluster>): void {
  describe(`The open streams at two gateways: ${name}`, () => {
    let cluster: Cluster;
    let a: TestGateway;
    let b: TestGateway;
    beforeAll(async () => {
      cluster = await start();
      const { broker } = cluster;
      a = await startGateway({ broker: broker() });
      b = await startGateway({ broker: broker() });
    });
    afterAll(async () => {
      await Promise.all([a.close(), b.close()]);
      await cluster.close();
    });

    it("are the same at once, with those that began or ended at the other one a moment ago", async () => {
      const query = { channel: "c", topic: "t" };
      // The second gateway follows the channel.
      const token = await tokenFor(b, ["c/t"]);
      const { client } = await connectReady(b, { token });
      await using _ = client;
      for (let i = 0; i < 50; i++) {
        const line = producerOf(a, "c", `${i}`);
        await line("start");
        assertEquals(await idsOf(list(b, query)), [`${i}`]);
        const lines = Array.from({ length: 20 }, () => ({
          channel: "c",
          topic: "t",
          data: i,
        }));
        await batch(a, lines);
        await line("end");
        assertEquals(await idsOf(list(b, query)), []);
      }
    });
  });
}

describe("The open streams at a gateway whose messages come late", () => {
  let memory: MemoryBroker;
  let a: TestGateway;
  let b: TestGateway;
  let late: Array<() => void>;
  let read: Signal<void>;
  beforeEach(async () => {
    memory = new MemoryBroker();
    const share = shareBroker(memory);
    a = await startGateway({ broker: share() });
    const broker = share();
    late = [];
    read = signal();
    b = await startGateway({
      broker: {
        ...broker,
        subscribe: (channel, listener) =>
          broker.subscribe(channel, {
            entry: (...args) => late.push(() => listener.entry(...args)),
            moved: (position) => listener.moved(position),
          }),
        read(...args) {
          read.resolve();
          return broker.read(...args);
        },
      },
    });
  });
  afterEach(async () => {
    await Promise.all([a.close(), b.close()]);
    await memory.close();
  });

  const query = { channel: "c", topic: "t" };

  /** Begins a stream at one gateway, of which the other one, that follows the channel, has no message yet. */
  async function begin(): Promise<AsyncDisposable> {
    const token = await tokenFor(b, ["c/t"]);
    const { client } = await connectReady(b, { token });
    await producerOf(a, "c", "1")("start");
    read = signal();
    return client;
  }

  it("are listed once the messages have come", async () => {
    await using _ = await begin();
    const listing = list(b, query);
    await read.promise;
    for (const deliver of late) deliver();
    assertEquals(await idsOf(listing), ["1"]);
  });

  it("are not listed without them: the answer is 503", async () => {
    await using _ = await begin();
    const { status, error } = await list(b, query);
    assertEquals([status, error?.code], [503, "unavailable"]);
  });
});

for (const [name, start] of CLUSTERS) describeCluster(name, start);
