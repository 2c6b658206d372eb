import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, publish } from "../../support/wire/publish.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import {
  connectReady,
  connectWire,
  type Frame,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

const ROUNDS = 100;

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Publishes bursts of changing size until it is stopped. */
function startPublisher(gateway: TestGateway, channel: string) {
  let isRunning = true;
  let count = 0;
  async function run(): Promise<void> {
    while (isRunning) {
      const size = 1 + count % 7;
      const lines = Array.from({ length: size }, () => {
        return { channel, topic: "t", data: ++count };
      });
      await batch(gateway, lines);
    }
  }
  const running = run();
  /** Stops, and returns how many messages there were. */
  async function stop(): Promise<number> {
    isRunning = false;
    await running;
    return count;
  }
  const end = () => stop().then(() => undefined);
  return { stop, [Symbol.asyncDispose]: end };
}

function offset(id: string | undefined): number {
  return Number(id?.slice(9));
}

/** Takes messages, and checks that each follows the one before. */
async function takeInOrder(
  client: WireClient,
  after: number,
  count: number,
): Promise<void> {
  const frames = await client.take(count);
  assertEquals(
    frames.map((frame) => [frame.kind, offset(frame.id), frame.data]),
    frames.map((_, i) => ["data", after + i + 1, after + i + 1]),
  );
}

function itLosesNothing(
  createBroker: (options: { historySize: number }) => Broker,
): void {
  let gateway: TestGateway;
  beforeAll(async () => {
    const broker = createBroker({ historySize: 1_000_000 });
    gateway = await startGateway({ broker, maxInboundRate: 1_000_000 });
  });
  afterAll(() => gateway.close());

  it("from an id neither loses nor repeats a message", async () => {
    const token = await tokenFor(gateway, ["id/t"]);
    let since = await publish(gateway, "id/t", 1);
    const epoch = since.slice(0, 8);
    await using publisher = startPublisher(gateway, "id");
    for (let round = 0; round < ROUNDS; round++) {
      const { client, ready } = await connectReady(gateway, { token, since });
      assertEquals(ready.channels[0]?.position, since);
      assertEquals(ready.channels[0]?.recovered, true);
      const frames = await client.take(1 + round % 20);
      assertEquals(
        frames.map(({ id }) => offset(id)),
        frames.map((_, i) => offset(since) + i + 1),
      );
      since = `${epoch}-${offset(frames.at(-1)?.id)}`;
      await client.close();
    }
    await publisher.stop();
  });

  it("from the start delivers every message, from the first to the last", async () => {
    const token = await tokenFor(gateway, ["start/t"]);
    await using publisher = startPublisher(gateway, "start");
    const clients: WireClient[] = [];
    for (let i = 0; i < 15; i++) {
      const { client, ready } = await connectReady(gateway, {
        token,
        since: "start",
      });
      assertEquals(offset(ready.channels[0]?.position), 0);
      clients.push(client);
    }
    const count = await publisher.stop();
    for (const client of clients) {
      await takeInOrder(client, 0, count);
      await client.close();
    }
  });

  it("from now delivers every message after its position", async () => {
    const token = await tokenFor(gateway, ["now/t"]);
    await using publisher = startPublisher(gateway, "now");
    const clients: Array<[WireClient, number]> = [];
    for (let i = 0; i < 30; i++) {
      const { client, ready } = await connectReady(gateway, { token });
      clients.push([client, offset(ready.channels[0]?.position)]);
    }
    const count = await publisher.stop();
    for (const [client, position] of clients) {
      await takeInOrder(client, position, count - position);
      await client.close();
    }
  });

  it("on a connection that is live keeps its other topics, and the order", async () => {
    const token = await tokenFor(gateway, ["live/t"]);
    const other = await tokenFor(gateway, ["live/t", "live/u"]);
    await using publisher = startPublisher(gateway, "live");
    await using client = await connectWire(gateway, { token, v1: true });
    let last = offset((await client.ready()).channels[0]?.position);
    for (let round = 0; round < ROUNDS; round++) {
      void client.subscribe(other, "2");
      for (let frame = await client.next();; frame = await client.next()) {
        if (frame.kind === "ready") break;
        assertEquals(offset(frame.id), ++last);
      }
      void client.send({ kind: "unsub", ref: "2" });
    }
    const count = await publisher.stop();
    await takeInOrder(client, last, count - last);
  });

  it("replays on a live connection without a hole", async () => {
    const token = await tokenFor(gateway, ["replay/t"]);
    await batch(
      gateway,
      [1, 2, 3].map((data) => ({ channel: "replay", topic: "t", data })),
    );
    await using publisher = startPublisher(gateway, "replay");
    await using client = await connectWire(gateway, { token, v1: true });
    let last = offset((await client.ready()).channels[0]?.position);
    for (let round = 0; round < 20; round++) {
      void client.subscribe(token, "2", "last:5");
      let frame: Frame = await client.next();
      for (; frame.kind !== "ready"; frame = await client.next()) {
        assertEquals(offset(frame.id), ++last);
      }
      const { channels } = frame.data as {
        channels: Array<{ position: string }>;
      };
      // Messages that the first subscription is still to get are not left out because of the second.
      last = Math.min(last, offset(channels[0]?.position));
    }
    const count = await publisher.stop() + 3;
    const frames = await client.take(count - last);
    assertEquals(
      frames.map(({ id }) => offset(id)),
      frames.map((_, i) => last + i + 1),
    );
  });

  it("from an id, while the log is trimmed, reports every hole as a gap", async () => {
    const broker = createBroker({ historySize: 10 });
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"]);
    let since = await publish(gateway, "c/t", 0);
    await using publisher = startPublisher(gateway, "c");
    let gaps = 0;
    const more = Array.from({ length: 11 }, () => {
      return { channel: "c", topic: "t", data: "more than the log holds" };
    });
    for (let round = 0; round < 45; round++) {
      if (round % 3 === 0) await batch(gateway, more);
      const { client } = await connectReady(gateway, { token, since });
      let last = offset(since);
      for (let taken = 0; taken < 5;) {
        const { kind, id, data } = await client.next();
        if (kind === "gap") {
          const { after, before } = data as { after: string; before: string };
          assertEquals(offset(after), last);
          last = offset(before) - 1;
          gaps++;
        } else {
          assertEquals(offset(id), ++last);
          since = id;
          taken++;
        }
      }
      await client.close();
    }
    await publisher.stop();
    assert(gaps >= 15);
  });
}

describe("subscribing while messages are published, in memory", () => {
  itLosesNothing((options) => new MemoryBroker(options));
});

withRedis("subscribing while messages are published, with Redis", () => {
  let redis: RedisServer;
  let brokers = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  itLosesNothing((options) => {
    const url = `${redis.url}?prefix=test-${++brokers}:`;
    return new RedisBroker({ url, ...options });
  });
});
