import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { startRedis } from "../../support/brokers/redis.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { type LineAnswer, postJson } from "../../support/wire/publish.ts";
import {
  endsOf,
  logOf,
  postStream,
  producerOf,
} from "../../support/wire/streams.ts";
import { connectWire, tokenFor } from "../../support/wire/websocket.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";

const STOPPED = { stopped: true };
const REFUSE = { other_streams: "refuse" };
const STOP = { other_streams: "replace" };

interface Place extends AsyncDisposable {
  readonly broker: Broker;
}

/** A place for the log of one gateway, for each broker that this machine has. */
const PLACES: ReadonlyArray<
  readonly [name: string, open: () => Promise<Place>]
> = [
  ["memory", () =>
    Promise.resolve({
      broker: new MemoryBroker(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    })],
  ["SQLite", async () => {
    const folder = await DatabaseFolder.create();
    const broker = await folder.open();
    return {
      broker,
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  }],
  ...redisPath() === undefined ? [] : [
    ["Redis", async () => {
      const { url, kill } = await startRedis();
      return {
        broker: new RedisBroker({ url }),
        [Symbol.asyncDispose]: kill,
      };
    }] as const,
  ],
];

function codeOf({ error }: LineAnswer): string {
  return error?.code ?? "ok";
}

function describeStarts(name: string, open: () => Promise<Place>): void {
  describe(`A stream that begins alone in its topic: ${name}`, () => {
    let place: Place;
    let gateway: TestGateway;
    beforeAll(async () => {
      place = await open();
      gateway = await startGateway({ broker: place.broker });
    });
    afterAll(async () => {
      await gateway.close();
      await place[Symbol.asyncDispose]();
    });

    it("is refused while the topic has another open stream", async () => {
      const first = producerOf(gateway, "refuse", "1");
      const second = producerOf(gateway, "refuse", "2");
      await first("start");
      const { id, error } = await second("start", REFUSE);
      assertEquals([id, error], [undefined, {
        code: "stream_open",
        message: 'Cannot publish to "refuse": the topic "t" has an open stream',
      }]);
      assertEquals((await logOf(gateway, "refuse")).length, 1);
      assertEquals(codeOf(await first("chunk")), "ok");
      await first("end");
      assertEquals(codeOf(await second("start", REFUSE)), "ok");
    });

    it("stops the others, as a reader does", async () => {
      const token = await tokenFor(gateway, ["stop/t"]);
      await using client = await connectWire(gateway, { token });
      await producerOf(gateway, "stop", "1")("start");
      await producerOf(gateway, "stop", "2")("start");
      const query = { channel: "stop", topic: "t", stream_id: "1", wait: "20" };
      const waiting = postStream(gateway, "keep", query);
      await postStream(gateway, "keep", { ...query, wait: "0" });
      assertEquals(
        codeOf(await producerOf(gateway, "stop", "3")("start", STOP)),
        "ok",
      );
      const { status, error } = await waiting;
      assertEquals([status, error?.code], [409, "stream_stopped"]);
      assertEquals(
        codeOf(await producerOf(gateway, "stop", "2")("chunk")),
        "stream_stopped",
      );
      const shown = (await client.take(5)).map((
        { kind, data, metadata },
      ) => [kind, data, metadata]);
      // The others have ended when it begins.
      assertEquals(shown, [
        ["datastream-start", "1", undefined],
        ["datastream-start", "2", undefined],
        ["datastream-end", "1", STOPPED],
        ["datastream-end", "2", STOPPED],
        ["datastream-start", "3", undefined],
      ]);
    });

    it("begins beside others by default, and where it allows them", async () => {
      await producerOf(gateway, "allow", "1")("start");
      const allow = { other_streams: "keep" };
      const answers = [
        await producerOf(gateway, "allow", "2")("start"),
        await producerOf(gateway, "allow", "3")("start", allow),
      ];
      assertEquals(answers.map(codeOf), ["ok", "ok"]);
      assertEquals((await logOf(gateway, "allow")).length, 3);
    });

    it("leaves streams of other topics and channels alone", async () => {
      const other = producerOf(gateway, "apart", "1");
      await other("start", { topic: "other" });
      await producerOf(gateway, "elsewhere", "2")("start");
      assertEquals(
        [
          codeOf(await producerOf(gateway, "apart", "3")("start", REFUSE)),
          codeOf(await producerOf(gateway, "apart", "4")("start", STOP)),
        ],
        ["ok", "ok"],
      );
      assertEquals(endsOf(await logOf(gateway, "apart")), [["3", STOPPED]]);
      assertEquals(endsOf(await logOf(gateway, "elsewhere")), []);
    });

    it("passes one of many starts at the same moment: the first one that is refused none, the last one that stops the others", async () => {
      for (let round = 0; round < 10; round++) {
        const refusing = `refuse-${round}`;
        const stopping = `stop-${round}`;
        const ids = ["1", "2", "3", "4", "5"];
        const begin = (channel: string, fields: object) =>
          Promise.all(
            ids.map((id) => producerOf(gateway, channel, id)("start", fields)),
          );
        const refused = (await begin(refusing, REFUSE)).map(codeOf).sort();
        assertEquals(refused, ["ok", ...Array(4).fill("stream_open")]);
        const log = await logOf(gateway, refusing);
        assertEquals(log.map(({ kind }) => kind), ["datastream-start"]);

        const stopped = (await begin(stopping, STOP)).map(codeOf);
        assertEquals(stopped, Array(5).fill("ok"));
        assertEquals(
          endsOf(await logOf(gateway, stopping)).length,
          4,
        );
      }
    });

    it("gets its first id when its start is repeated, also with others that began later", async () => {
      const fields = { ...REFUSE, producer: "p", key: "1:0" };
      const line = producerOf(gateway, "again", "1");
      const { id } = await line("start", fields);
      assertEquals((await line("start", fields)).id, id);
      const other = producerOf(gateway, "again", "2");
      await other("start");
      assertEquals(await line("start", fields), { id: String(id) });
      const stopping = { ...fields, ...STOP };
      assertEquals(await line("start", stopping), { id: String(id) });
      assertEquals(codeOf(await other("chunk")), "ok");
      await line("end");
      const ended = await line("start", stopping);
      assertEquals([ended.id, codeOf(ended)], [id, "stream_ended"]);
      assertEquals(codeOf(await other("end")), "ok");
    });

    it("replaces the earlier attempt of another producer, and is not refused because of it", async () => {
      const token = await tokenFor(gateway, ["retry/t"]);
      await using client = await connectWire(gateway, { token });
      const first = { ...REFUSE, producer: "p", key: "1:0" };
      const second = { ...first, producer: "q" };
      await producerOf(gateway, "retry", "1")("start", first);
      assertEquals(
        codeOf(await producerOf(gateway, "retry", "1")("start", second)),
        "conflict",
      );
      const next = producerOf(gateway, "retry", "1~2");
      assertEquals(
        codeOf(await next("start", { ...second, key: "1~2:0" })),
        "ok",
      );
      const [, end] = await client.take(2);
      assertEquals(Object(end?.metadata).error?.code, "producer_lost");
    });

    it("may be a body: it is refused before it is read, or stops the others", async () => {
      const line = producerOf(gateway, "body", "1");
      await line("start");
      const request = {
        channel: "body",
        topic: "t",
        headers: { "content-type": "text/stream" },
        body: "text",
      };
      const refused = await postJson(gateway, { ...request, query: REFUSE });
      assertEquals([refused.status, refused.error?.code], [409, "stream_open"]);
      assertEquals((await logOf(gateway, "body")).length, 1);
      const { status } = await postJson(gateway, { ...request, query: STOP });
      assertEquals(status, 200);
      assertEquals(codeOf(await line("chunk")), "stream_stopped");
    });
  });
}

for (const [name, open] of PLACES) describeStarts(name, open);

describe("The field other_streams", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("is refused with any other value, in a line and in an address", async () => {
    for (
      const other_streams of ["", "Stop", "refuse ", 1, null, ["replace"], {}]
    ) {
      const line = producerOf(gateway, "bad", "1");
      assertEquals((await line("start", { other_streams })).error, {
        code: "invalid_argument",
        message:
          'Cannot publish the line: "other_streams" must be "keep", "refuse" or "replace"',
      });
    }
    const { status, error } = await postJson(gateway, {
      channel: "bad",
      topic: "t",
      query: { other_streams: "all" },
      headers: { "content-type": "text/stream" },
      body: "text",
    });
    assertEquals([status, error], [400, {
      code: "invalid_argument",
      message:
        'Cannot publish the stream: "other_streams" must be "keep", "refuse" or "replace"',
    }]);
    assertEquals((await logOf(gateway, "bad")).length, 0);
  });

  it("takes the right to publish to the topic", async () => {
    const line = producerOf(gateway, "rights", "1");
    await line("start");
    const begin = async (bearer: string) => {
      const second = producerOf(gateway, "rights", "2", bearer);
      return codeOf(await second("start", STOP));
    };
    const grants = [
      { channel: "rights", name: "other" },
      { channel: "other", name: "t" },
    ];
    for (const grant of grants) {
      const token = await tokenFor(gateway, ["rights/t"], { publish: [grant] });
      assertEquals(await begin(token), "forbidden");
    }
    assertEquals(codeOf(await line("chunk")), "ok");
  });

  it("refuses because of a dead producer until the lease of its stream has run out", async () => {
    await using brief = await startGateway({ streamLease: "1s" });
    const token = await tokenFor(brief, ["dead/t"]);
    await using client = await connectWire(brief, { token });
    await producerOf(brief, "dead", "1")("start");
    const next = producerOf(brief, "dead", "2");
    assertEquals(codeOf(await next("start", REFUSE)), "stream_open");
    await client.find("datastream-end");
    assertEquals(codeOf(await next("start", REFUSE)), "ok");
  });

  it("counts a stream whose start the log no longer has", async () => {
    const broker = new MemoryBroker({ historySize: 2 });
    await using small = await startGateway({ broker });
    const line = producerOf(small, "c", "1");
    await line("start");
    for (let i = 0; i < 3; i++) await line("chunk");
    const next = producerOf(small, "c", "2");
    assertEquals(codeOf(await next("start", REFUSE)), "stream_open");
    assertEquals(codeOf(await next("start", STOP)), "ok");
    assertEquals(codeOf(await line("chunk")), "stream_stopped");
  });
});

describe("A stream that begins alone after a restart of the gateway", () => {
  it("is refused, or stops the streams that the process before left open", async () => {
    await using folder = await DatabaseFolder.create();
    {
      await using gateway = await startGateway({ broker: await folder.open() });
      await producerOf(gateway, "refuse", "1")("start");
      await producerOf(gateway, "stop", "1")("start");
    }
    await using gateway = await startGateway({ broker: await folder.open() });
    const refused = producerOf(gateway, "refuse", "2");
    assertEquals(codeOf(await refused("start", REFUSE)), "stream_open");
    const stopping = producerOf(gateway, "stop", "2");
    assertEquals(codeOf(await stopping("start", STOP)), "ok");
    const first = producerOf(gateway, "stop", "1");
    assertEquals(codeOf(await first("chunk")), "stream_stopped");
    assertEquals(endsOf(await logOf(gateway, "stop")), [["1", STOPPED]]);
  });
});
