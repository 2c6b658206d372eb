import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { channelKeys } from "../../../server/brokers/redis/keys.ts";
import { listen, message } from "../../support/brokers/broker_contract.ts";
import {
  type RedisCluster,
  type RedisServer,
  startRedisCluster,
} from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

const FAST = { checkInterval: "300ms", timeout: "1500ms" } as const;

/** Creates a broker on a cluster that is closed at the end of its scope. */
function connect(cluster: RedisCluster): RedisBroker & AsyncDisposable {
  const broker = new RedisBroker({ url: cluster.url, ...FAST });
  return Object.assign(broker, {
    [Symbol.asyncDispose]: () => broker.close(),
  });
}

/** Finds the name of a channel on a server. */
async function channelOn(
  cluster: RedisCluster,
  server: RedisServer,
): Promise<string> {
  for (let i = 0;; i++) {
    const { meta } = channelKeys("tidings:", `c${i}`);
    if (await cluster.serverOf(meta) === server) return `c${i}`;
  }
}

/** Publishes numbers from 1 on until it is stopped; records the number of each acknowledged id. */
function startPublisher(broker: RedisBroker, channel: string) {
  const acknowledged = new Map<string, number>();
  let isOver = false;
  const publishing = (async () => {
    for (let i = 1; !isOver; i++) {
      const key = crypto.randomUUID();
      for (;;) {
        try {
          const [id = ""] = await broker.publish(channel, [message(i)], key);
          assert(!acknowledged.has(id), `${id} came twice`);
          acknowledged.set(id, i);
          break;
        } catch (error) {
          assertEquals(Object(error).code, "unavailable");
        }
      }
    }
  })();
  return {
    acknowledged,
    /** Waits until more were acknowledged. */
    async more(count: number): Promise<void> {
      const enough = acknowledged.size + count;
      await until(() => acknowledged.size >= enough);
    },
    async stop(): Promise<void> {
      isOver = true;
      await publishing;
    },
  };
}

/** Returns the data that a listener received, by id. */
function heardBy(listener: ReturnType<typeof listen>): Map<string, number> {
  return new Map(listener.heard.map(({ json }) => {
    const { id, data } = JSON.parse(json);
    return [id, data];
  }));
}

withRedis("RedisBroker on a cluster, when it has a fault", () => {
  it("serves the channels of other servers without delay while one hangs", async () => {
    await using cluster = await startRedisCluster();
    await using broker = connect(cluster);
    const [hanging, well] = cluster.servers;
    assert(hanging && well);
    const bad = await channelOn(cluster, hanging);
    const good = await channelOn(cluster, well);
    const listener = listen();
    await broker.subscribe(good, listener);
    await broker.publish(bad, [message(0)]);
    hanging.pause();
    const refused = broker.publish(bad, [message(1)]).catch(({ code }) => code);
    let isRefused = false;
    refused.then(() => isRefused = true);
    let count = 0;
    while (!isRefused && count < 50) {
      await broker.publish(good, [message(++count)]);
    }
    assertEquals(count, 50);
    assertEquals(await refused, "unavailable");
    await until(() => listener.offsets.length === 50);
    assertEquals((await broker.health()).ok, false);
    hanging.resume();
    await until(async () => (await broker.health()).ok);
    await broker.publish(bad, [message(2)]);
  });

  it("follows a slot that moves to another server", async () => {
    await using cluster = await startRedisCluster();
    await using broker = connect(cluster);
    const [from, to] = cluster.servers;
    assert(from && to);
    const channel = await channelOn(cluster, from);
    const listener = listen();
    await broker.subscribe(channel, listener);
    const publisher = startPublisher(broker, channel);
    await publisher.more(20);
    await cluster.move(channelKeys("tidings:", channel).meta, to);
    await publisher.more(20);
    await publisher.stop();
    const last = [...publisher.acknowledged.keys()].at(-1) ?? "";
    await until(() => heardBy(listener).has(last));
    // On another server the log may have lost messages, so a new epoch begins.
    assertEquals(listener.moves.length, 1);
    for (const [id, data] of heardBy(listener)) {
      assertEquals(data, publisher.acknowledged.get(id));
    }
    const { live } = channelKeys("tidings:", channel);
    await until(async () => {
      const names = await to.command("PUBSUB", "SHARDCHANNELS", live);
      return Array.isArray(names) && names.length === 1;
    });
    await until(async () => (await broker.health()).ok);
  });

  it("uses the replica that takes over from its master, and gives no id twice", async () => {
    await using cluster = await startRedisCluster();
    const [master] = cluster.servers;
    assert(master);
    await cluster.addReplica(master);
    await using broker = connect(cluster);
    const channel = await channelOn(cluster, master);
    const listener = listen();
    await broker.subscribe(channel, listener);
    const publisher = startPublisher(broker, channel);
    await publisher.more(20);
    await master.kill();
    await publisher.more(20);
    await publisher.stop();
    const last = [...publisher.acknowledged.keys()].at(-1) ?? "";
    await until(() => heardBy(listener).has(last));
    assertEquals(listener.moves.length, 1);
    for (const [id, data] of heardBy(listener)) {
      assertEquals(data, publisher.acknowledged.get(id) ?? data);
    }
    await until(async () => (await broker.health()).ok);
  });
});
