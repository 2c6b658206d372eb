import { assert, assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { message } from "../../support/brokers/broker_contract.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Reads a number that Redis counts, such as `total_net_output_bytes`. */
async function count(redis: RedisServer, name: string): Promise<number> {
  const info = String(await redis.command("INFO", "everything"));
  return Number(
    new RegExp(`^${name}[:=](?:calls=)?(\\d+)`, "m").exec(info)?.[1],
  );
}

/** How many scripts Redis has run. */
async function scripts(redis: RedisServer): Promise<number> {
  const [known, first] = await Promise.all(
    ["cmdstat_evalsha", "cmdstat_eval"].map((name) => count(redis, name)),
  );
  return (known ?? 0) + (first || 0);
}

withRedis("reads of a log in Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  /** Publishes a message of the topic `rare` between 2 MB of others, and looks at the log once. */
  async function fill(broker: RedisBroker, channel: string): Promise<void> {
    const others = Array.from({ length: 32 }, () => message("x".repeat(8000)));
    for (let batch = 0; batch < 8; batch++) {
      await broker.publish(channel, others);
      if (batch === 5) await broker.publish(channel, [message(1, "rare")]);
    }
    await broker.read(channel, 0, 1, 1);
  }

  it("find a rare topic inside Redis, a bounded part of the log at a time", async () => {
    const broker = new RedisBroker({ url: redis.url });
    await fill(broker, "rare");
    const topics = new Set(["rare"]);
    const sent = await count(redis, "total_net_output_bytes");
    const found: number[] = [];
    let pages = 0;
    for (let after = 0; after < 257; pages++) {
      const page = await broker.read("rare", after, 1000, 1e9, { topics });
      found.push(...page.entries.map(({ offset }) => offset));
      after = page.end;
    }
    assertEquals(found, [193]);
    assert(pages > 1, "one read examined the whole log");
    assertEquals((await broker.before("rare", topics, 1)).offset, 192);
    const bytes = await count(redis, "total_net_output_bytes") - sent;
    assert(bytes < 100_000, `Redis sent ${bytes} bytes`);
    await broker.close();
  });

  it("wait for their turn: a reader has one under way, and one serves those who ask for the same", async () => {
    await using proxy = await startProxy(redis.url);
    const url = proxy.url.replace("http", "redis");
    const broker = new RedisBroker({ url, timeout: "10s" });
    await fill(broker, "many");
    const topics = new Set(["rare"]);
    const read = (after: number, reader: string) =>
      broker.read("many", after, 1, 1e9, { topics, reader });
    const before = await scripts(redis);
    const begun = async () => await scripts(redis) - before;

    proxy.hold();
    const same = Array.from({ length: 128 }, () => read(190, "one"));
    await until(async () => await begun() > 0);
    assertEquals(await begun(), 1);
    const others = Array.from({ length: 20 }, (_, i) => read(i, `${i}`));
    await until(async () => await begun() > 7);
    assertEquals(await begun(), 8);
    const many = Array.from({ length: 300 }, (_, i) => read(300 + i, "one"));
    const settled = Promise.allSettled(many);

    proxy.release();
    for (const { entries } of await Promise.all(same)) {
      assertEquals(entries.map(({ offset }) => offset), [193]);
    }
    await Promise.all(others);
    const refused = (await settled).flatMap((one) =>
      one.status === "rejected" ? [one.reason] : []
    );
    assert(refused.length > 0 && refused.length < 50, `${refused.length}`);
    for (const error of refused) assertEquals(error.code, "rate_limited");
    // One of the same was under way already when the others asked.
    assertEquals(await begun(), 2 + others.length + 300 - refused.length);
    await broker.close();
  });

  it("have a connection of their own: while it is silent, publishes and the health go on", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
    }).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await using proxy = await startProxy(redis.url);
    const url = proxy.url.replace("http", "redis");
    const broker = new RedisBroker({ url, timeout: "600ms" });
    await broker.publish("own", [message(1)]);

    proxy.lead(`http://127.0.0.1:${port}`);
    const reading = broker.read("own", 0, 1, 1);
    const refused = assertRejects(() => reading, RealtimeError);
    await until(() => sockets.size > 0);
    await broker.publish("own", [message(2)]);
    assertEquals(await broker.health(), { ok: true });
    assertEquals((await refused).code, "unavailable");

    proxy.lead(redis.url);
    for (const socket of sockets) socket.destroy();
    await until(async () => {
      const page = await broker.read("own", 0, 9, 1e9).catch(() => undefined);
      return page?.entries.length === 2;
    });
    await broker.close();
    silent.close();
  });
});
