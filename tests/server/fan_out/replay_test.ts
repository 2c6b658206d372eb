import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { batch } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectWire,
  type Frame,
  tokenFor,
} from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Most frames in which a stream of 2,000 chunks may come: a page of the log has 500 messages. */
const FEW = 10;

/** A client that gets one message after the other, with the ids of SSE events where there are any. */
interface Client extends AsyncDisposable {
  next(): Promise<Frame & { readonly eventId?: string | undefined }>;
}

type Connect = (
  gateway: TestGateway,
  options: { readonly token: string; readonly since: string },
) => Promise<Client>;

function overWebSocket(v1: boolean): Connect {
  return async (gateway, options) => {
    const client = await connectWire(gateway, { ...options, v1 });
    if (v1) await client.ready();
    return client;
  };
}

function overSse(v1: boolean): Connect {
  return async (gateway, options) => {
    const client = await connectSse(gateway, { ...options, v1 });
    if (v1) await client.ready();
    return {
      async next() {
        const { id, data } = await client.event();
        return { ...JSON.parse(data), eventId: id };
      },
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  };
}

const TRANSPORTS: Readonly<Record<string, Connect>> = {
  "a WebSocket with tidings.v1": overWebSocket(true),
  "a plain WebSocket": overWebSocket(false),
  "Server-Sent Events with tidings.v1": overSse(true),
  "plain Server-Sent Events": overSse(false),
};

/** Publishes a stream to topic `t`, and returns the ids of its messages. */
async function publishStream(
  gateway: TestGateway,
  channel: string,
  pieces: readonly unknown[],
  fields: object = {},
): Promise<string[]> {
  const line = { channel, topic: "t", stream_id: "s" };
  const answers = await batch(gateway, [
    { ...line, kind: "datastream-start", data: "s" },
    ...pieces.map((data) => ({ ...line, ...fields, kind: "chunk", data })),
    { ...line, kind: "datastream-end", data: "s" },
  ]);
  return answers.map(({ id = "" }) => id);
}

/** Takes messages up to the end of a stream. */
async function takeStream(client: Client): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for (;;) {
    const { eventId, ...frame } = await client.next();
    // A client of Server-Sent Events resumes after the event's id.
    if (eventId !== undefined) assertEquals(eventId, frame.id);
    frames.push(frame);
    if (frame.kind === "datastream-end") return frames;
  }
}

function textOf(frames: readonly Frame[]): string {
  return frames.filter(({ kind }) => kind === "chunk")
    .map(({ data }) => data).join("");
}

function itJoinsChunks(start: () => Promise<TestGateway>): void {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway.close());

  for (const [name, connect] of Object.entries(TRANSPORTS)) {
    it(`gives a late reader few frames with the whole text over ${name}`, async () => {
      const channel = `late over ${name}`;
      const pieces = Array.from({ length: 2_000 }, (_, i) => `é"${i}\n`);
      const ids = await publishStream(gateway, channel, pieces);
      const token = await tokenFor(gateway, [`${channel}/t`]);
      await using client = await connect(gateway, { token, since: "start" });
      const frames = await takeStream(client);
      assertEquals(textOf(frames), pieces.join(""));
      assert(frames.length <= FEW, `${frames.length} frames`);
      const places = frames.map(({ id }) => ids.indexOf(id));
      assertEquals(places, [...places].sort((a, b) => a - b));
      assertEquals([places[0], places.at(-1)], [0, ids.length - 1]);
      assertEquals(places.at(-2), ids.length - 2);
    });

    it(`resumes after every chunk of a stream over ${name}`, async () => {
      const channel = `resumed over ${name}`;
      const pieces = ["a", "", "é", "\ud83d", "\ude00", '"', "\\", "b"];
      const ids = await publishStream(gateway, channel, pieces);
      for (const [place, since] of ids.slice(0, -1).entries()) {
        const token = await tokenFor(gateway, [`${channel}/t`]);
        await using client = await connect(gateway, { token, since });
        const frames = await takeStream(client);
        assertEquals(textOf(frames), pieces.slice(place).join(""));
        // The rest of the text, and the end.
        assertEquals(frames.length, place < pieces.length ? 2 : 1);
      }
    });
  }

  it("joins no chunks that stay whole", async () => {
    const pieces = ["red", "green", "blue"];
    await publishStream(gateway, "whole", pieces, { whole: true });
    const token = await tokenFor(gateway, ["whole/t"]);
    await using client = await connectWire(gateway, { token, since: "start" });
    const frames = await takeStream(client);
    assertEquals(frames.slice(1, -1).map(({ data }) => data), pieces);
  });

  it("joins the chunks of streams that other topics stand between", async () => {
    const line = { channel: "mixed", stream_id: "s" };
    const words = ["The ", "tide ", "rises"];
    await batch(gateway, [
      { ...line, topic: "t", kind: "datastream-start", data: "s" },
      ...words.flatMap((data) => [
        { ...line, topic: "t", kind: "chunk", data },
        { channel: "mixed", topic: "other", data: 1 },
      ]),
      { ...line, topic: "t", kind: "datastream-end", data: "s" },
    ]);
    const one = await tokenFor(gateway, ["mixed/t"]);
    await using client = await connectWire(gateway, {
      token: one,
      since: "start",
    });
    const frames = await takeStream(client);
    assertEquals(frames.map(({ data }) => data), ["s", words.join(""), "s"]);
    const both = await tokenFor(gateway, ["mixed/t", "mixed/other"]);
    await using other = await connectWire(gateway, {
      token: both,
      since: "start",
    });
    const all = await takeStream(other);
    assertEquals(all.map(({ data }) => data), [
      ...["s", "The ", 1, "tide ", 1, "rises", 1, "s"],
    ]);
  });
}

describe("Joined chunks from the memory broker", () =>
  itJoinsChunks(() =>
    startGateway({ broker: new MemoryBroker({ historySize: 10_000 }) })
  ));

describe("Joined chunks from the SQLite broker", () => {
  let folder: DatabaseFolder;
  beforeAll(async () => {
    folder = await DatabaseFolder.create();
  });
  afterAll(() => folder[Symbol.asyncDispose]());
  describe("with a gateway", () =>
    itJoinsChunks(async () => {
      const broker: Broker = await folder.open({ historySize: 10_000 });
      return startGateway({ broker });
    }));
});

withRedis("Joined chunks from Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());
  describe("with a gateway", () =>
    itJoinsChunks(() =>
      startGateway({
        broker: new RedisBroker({ url: redis.url, historySize: 10_000 }),
      })
    ));
});
