import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { appOf, open, takeData } from "../../support/client/client.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import {
  batch,
  bodyOf,
  postJson,
  publish,
  publishAll,
} from "../../support/wire/publish.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Short times, so that tests don't wait long. */
const FAST = { checkInterval: "300ms", timeout: "900ms" } as const;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function isWell({ url }: { url: string }): Promise<boolean> {
  const response = await fetch(`${url}/health`);
  const { status } = await response.json();
  return response.ok && status === "ok";
}

withRedis("Gateways on one Redis", () => {
  let redis: RedisServer;
  let a: TestGateway;
  let b: TestGateway;
  beforeAll(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([join(redis), join(redis)]);
  });
  afterAll(async () => {
    await Promise.all([a.close(), b.close()]);
    await redis.kill();
  });

  /** Starts a gateway in this process. */
  function join({ url }: { url: string }): Promise<TestGateway> {
    return startGateway({ broker: new RedisBroker({ url, ...FAST }) });
  }

  it("deliver the messages of all of them in one order, on every wire", async () => {
    const token = await tokenFor(a, ["wires/t"]);
    await using plain = await connectWire(b, { token });
    const { client: ws } = await connectReady(b, { token });
    await using sse = await connectSse(b, { token, v1: true });
    await sse.ready();
    const ids = await Promise.all(
      range(1, 40).map((i) => publish(i % 2 ? a : b, "wires/t", i)),
    );
    const frames = await ws.take(40);
    assertEquals(frames.map(({ id }) => id).toSorted(), ids.toSorted());
    assertEquals(
      frames.map(({ id }) => Number(id.slice(9))),
      range(1, 40),
    );
    for (const { id, data } of frames) {
      assertEquals(id, ids[Number(data) - 1]);
    }
    assertEquals(await plain.take(40), frames);
    const events = [];
    while (events.length < 40) events.push(await sse.next());
    assertEquals(events, frames);
    await ws.close();
  });

  it("subscribe a plain client from the moment of its response", async () => {
    for (let round = 0; round < 10; round++) {
      const topic = `plain-${round}/t`;
      const token = await tokenFor(a, [topic]);
      await using ws = await connectWire(b, { token });
      await publish(a, topic, "at once");
      assertEquals((await ws.next()).data, "at once");
      await using sse = await connectSse(a, { token });
      await publish(b, topic, "at once, too");
      assertEquals((await sse.next()).data, "at once, too");
    }
  });

  it("resume the subscription of another gateway", async () => {
    const token = await tokenFor(a, ["resume/t"]);
    const { client } = await connectReady(a, { token });
    const [since = ""] = await publishAll(a, "resume/t", [1]);
    assertEquals(await client.takeData(1), [1]);
    await client.close();
    await publishAll(a, "resume/t", [2, 3]);
    const next = await connectReady(b, { token, since });
    assertEquals(next.ready.channels[0]?.recovered, true);
    await publishAll(a, "resume/t", [4]);
    assertEquals(await next.client.takeData(3), [2, 3, 4]);
    await next.client.close();
  });

  it("publish once with the same key, whichever gateway gets the request", async () => {
    const answers = await Promise.all(
      range(1, 10).map((i) =>
        postJson(i % 2 ? a : b, {
          channel: "key",
          topic: "t",
          body: "1",
          headers: { "idempotency-key": "k" },
        })
      ),
    );
    assertEquals(new Set(answers.map(({ id }) => id)).size, 1);
  });

  it("deliver a data stream to a reader that joins late at another gateway", async () => {
    const token = await tokenFor(a, ["stream/t"]);
    const pieces = new TransformStream<string, string>();
    const writer = pieces.writable.getWriter();
    const publishing = appOf(a).publish({
      channel: "stream",
      topic: "t",
      data: pieces.readable,
    });
    await writer.write("one ");
    const { client } = await connectReady(b, { token, since: "start" });
    assertEquals((await client.next()).kind, "datastream-start");
    assertEquals((await client.next()).data, "one ");
    await client.close();
    await using late = await connectWire(b, { token });
    await writer.write("two");
    await writer.close();
    await publishing;
    assertEquals((await late.next()).kind, "datastream-start");
    // A reader that is behind gets joined chunks.
    let text = "";
    for (;;) {
      const { kind, data } = await late.next();
      if (kind === "datastream-end") break;
      text += data;
    }
    assertEquals(text, "one two");
  });

  it("receive only the channels that their clients follow, and leave a channel after a while", async () => {
    const followed = async (): Promise<string[]> =>
      (await redis.command("PUBSUB", "CHANNELS", "*:live:few-*")) as string[];
    const { client } = await connectReady(a, {
      token: await tokenFor(a, ["few-1/t", "few-2/t"]),
    });
    await publish(b, "few-3/t", 1);
    const names = (await followed()).map((name) => name.split(":").at(-1));
    assertEquals(names.toSorted(), ["few-1", "few-2"]);
    await client.close();
    await until(async () => (await followed()).length === 0);
  });

  it("follow a thousand channels on two connections each", async () => {
    const connections = async (): Promise<number> =>
      String(await redis.command("CLIENT", "LIST")).split("\n")
        .filter((line) => line.includes("name=tidings")).length;
    const before = await connections();
    const clients = await Promise.all(
      range(0, 9).map(async (i) => {
        const topics = range(1, 100).map((n) => `many-${100 * i + n}/t`);
        const token = await tokenFor(a, topics);
        return (await connectReady(i % 2 ? a : b, { token })).client;
      }),
    );
    const [, count] = (await redis.command(
      "PUBSUB",
      "NUMSUB",
      "none",
    )) as unknown[];
    assertEquals(count, 0);
    const names = await redis.command("PUBSUB", "CHANNELS", "*:live:many-*");
    assertEquals(Array.isArray(names) && names.length, 1000);
    assertEquals(await connections(), before);
    await Promise.all(
      range(0, 9).map(async (i) => {
        await publish(a, `many-${100 * i + 7}/t`, i);
        assertEquals(await clients[i]?.takeData(1), [i]);
      }),
    );
    for (const client of clients) await client.close();
  });

  it("count each other's subscribers", async () => {
    const app = appOf(a);
    const target = { channel: "count", topic: "t" };
    const token = await tokenFor(a, ["count/t"]);
    const { client: one } = await connectReady(a, { token });
    const { client: two } = await connectReady(b, { token });
    await until(async () => await app.subscribers(target) === 2);
    assertEquals(await appOf(b).subscribers("count"), 2);
    await one.close();
    await until(async () => await app.subscribers(target) === 1);
    await two.close();
    await until(async () => await app.subscribers(target) === 0);
  });

  it("report one gap to connected clients after FLUSHALL, and continue", async () => {
    const token = await tokenFor(a, ["flush/t"]);
    const { client } = await connectReady(a, { token });
    const [last] = await publishAll(b, "flush/t", [1, 2]).then((ids) =>
      ids.slice(-1)
    );
    assertEquals(await client.takeData(2), [1, 2]);
    await redis.command("FLUSHALL");
    const next = await publish(b, "flush/t", 3);
    const gap = await client.next();
    assertEquals([gap.kind, gap.data], [
      "gap",
      { after: last, before: next },
    ]);
    const { data, id } = await client.next();
    assertEquals([data, id], [3, next]);
    await client.close();
  });
});

withRedis("Gateways, while Redis is away", () => {
  it("refuse in bounded time, keep their clients connected, and recover", async () => {
    await using redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url, ...FAST });
    await using gateway = await startGateway({ broker });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await publish(gateway, "c/t", "before");
    assertEquals(await client.takeData(1), ["before"]);
    redis.pause();
    const { status, error } = await postJson(gateway, {
      channel: "c",
      topic: "t",
      body: "1",
      headers: { "idempotency-key": "k" },
    });
    assertEquals([status, error?.code], [503, "unavailable"]);
    const streamed = await postJson(gateway, {
      channel: "c",
      topic: "t",
      headers: { "content-type": "text/stream" },
      body: bodyOf([new TextEncoder().encode("piece")]),
    });
    assertEquals(streamed.status, 503);
    const answers = await batch(
      gateway,
      range(1, 100).map((data) => ({ channel: "c", topic: "t", data })),
    );
    assertEquals(
      new Set(answers.map(({ error }) => error?.code)),
      new Set(["unavailable"]),
    );
    const health = await fetch(`${gateway.url}/health`);
    assertEquals(health.status, 503);
    const { status: state, broker: name } = await health.json();
    assertEquals([state, name], ["unavailable", "redis"]);
    const refused = await handshake(gateway, {
      token: await tokenFor(gateway, ["another/t"]),
    });
    assertEquals(refused.answer.status, 503);
    await client.subscribe(await tokenFor(gateway, ["another/t"]), "2");
    assertEquals(await client.error(), { ref: "2", code: "unavailable" });
    redis.resume();
    const published = await appOf(gateway).publish(
      { channel: "c", topic: "t", data: "after" },
      { key: "k2" },
    );
    for (let frame = await client.next();; frame = await client.next()) {
      assertEquals(frame.kind === "gap", false);
      if (frame.id === published.id) break;
    }
    await until(() => isWell(gateway));
    await client.close();
  });

  it("start without Redis, and serve once it is there", async () => {
    const redis = await startRedis();
    await redis.kill();
    const broker = new RedisBroker({ url: redis.url, ...FAST });
    await using gateway = await startGateway({ broker });
    const health = await fetch(`${gateway.url}/health`);
    assertEquals(health.status, 503);
    assert((await health.json()).detail.includes("ECONNREFUSED"));
    await using _server = await startRedis([], redis.port);
    await until(() => isWell(gateway));
    await publish(gateway, "c/t", 1);
  });
});

withRedis("A gateway that is killed", () => {
  it("is replaced by another, where its clients resume without a loss", async () => {
    await using redis = await startRedis();
    const flags = [
      ...["--port", "0", "--signing-key", SIGNING_KEY],
      ...["--broker", redis.url],
    ];
    await using first = new Cli(flags);
    await using second = new Cli(flags);
    const urls = await Promise.all([first.url(), second.url()]);
    const [a, b] = urls.map((url) => ({ url, signingKey: SIGNING_KEY }));
    assert(a && b);
    await using proxy = await startProxy(a.url);
    const subscriptions = await Promise.all(
      range(1, 10).map(() =>
        open(a, { onGap: () => assert(false, "a gap") }, proxy.url)
      ),
    );
    const count = 300;
    const app = appOf(b);
    const publishing = (async () => {
      for (const i of range(1, count)) {
        await app.publish({ channel: "c", topic: "t", data: i });
        if (i === 100) {
          first.kill("SIGKILL");
          await first.finished;
          proxy.lead(b.url);
        }
      }
    })();
    const taken = await Promise.all(
      subscriptions.map((subscription) => takeData(subscription, count)),
    );
    await publishing;
    for (const data of taken) assertEquals(data, range(1, count));
    await Promise.all(subscriptions.map((one) => one.close()));
  });
});
