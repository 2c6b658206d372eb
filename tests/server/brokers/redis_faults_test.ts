import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { channelKeys } from "../../../server/brokers/redis/keys.ts";
import { listen, message } from "../../support/brokers/broker_contract.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Short times, so that tests don't wait long for a failure. */
const FAST = { checkInterval: "300ms", timeout: "600ms" } as const;

async function publishOne(
  broker: RedisBroker,
  channel: string,
  data: unknown,
): Promise<string> {
  const [id = ""] = await broker.publish(channel, [message(data)]);
  return id;
}

/** Publishes a message, with retries, until it is acknowledged. */
async function publishSurely(
  broker: RedisBroker,
  channel: string,
  data: unknown,
): Promise<string> {
  const key = crypto.randomUUID();
  for (;;) {
    try {
      const [id = ""] = await broker.publish(channel, [message(data)], key);
      return id;
    } catch (error) {
      assert(error instanceof RealtimeError);
      assertEquals(error.code, "unavailable");
    }
  }
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof RealtimeError ? error.code : String(error);
  }
  return "none";
}

function epochOf(id: string): string {
  return id.slice(0, 8);
}

withRedis("RedisBroker, when Redis has a fault", () => {
  let redis: RedisServer;
  let brokers = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  /** Creates the broker of a gateway. Brokers with the same prefix share their channels. */
  function connect(prefix = `test-${++brokers}:`, url = redis.url) {
    const broker = new RedisBroker({ url: `${url}?prefix=${prefix}`, ...FAST });
    return Object.assign(broker, {
      [Symbol.asyncDispose]: () => broker.close(),
    });
  }

  it("loses nothing when its connections are killed repeatedly", async () => {
    await using broker = connect();
    const listener = listen();
    await broker.subscribe("c", listener);
    const ids: string[] = [];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) ids.push(await publishSurely(broker, "c", ids.length));
    })();
    for (let round = 0; round < 10; round++) {
      const type = round % 2 === 0 ? "pubsub" : "normal";
      await redis.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
      const enough = ids.length + 20;
      await until(() => ids.length > enough);
    }
    isOver = true;
    await publishing;
    await until(() => listener.offsets.length >= ids.length);
    assertEquals(listener.offsets, ids.map((_, i) => i + 1));
    assertEquals(
      listener.heard.map(({ json }) => JSON.parse(json).data),
      ids.map((_, i) => i),
    );
    assertEquals(listener.moves, []);
  });

  it("reports a new epoch after FLUSHALL, though nothing is published", async () => {
    await using broker = connect();
    const listener = listen();
    const { epoch } = await broker.subscribe("c", listener);
    await publishOne(broker, "c", 1);
    await until(() => listener.offsets.length === 1);
    await redis.command("FLUSHALL");
    await until(() => listener.moves.length === 1);
    const [position = ""] = listener.moves;
    assertNotEquals(epochOf(position), epoch);
    assertEquals(position.slice(8), "-0");
    assertEquals(await publishOne(broker, "c", 2), `${epochOf(position)}-1`);
    await until(() => listener.offsets.length === 2);
    assertEquals(listener.offsets, [1, 1]);
    assertEquals(listener.moves.length, 1);
  });

  it("reports a new epoch, and the messages with which it begins", async () => {
    await using broker = connect("flushed:");
    await using other = connect("flushed:");
    const listener = listen();
    await broker.subscribe("c", listener);
    await publishOne(other, "c", 1);
    await until(() => listener.offsets.length === 1);
    await redis.command("FLUSHALL");
    const ids = [await publishOne(other, "c", 2)];
    for (const data of [3, 4]) ids.push(await publishOne(other, "c", data));
    await until(() => listener.offsets.length === 4);
    assertEquals(listener.moves, [`${epochOf(ids[0] ?? "")}-0`]);
    assertEquals(
      listener.heard.map(({ json }) => JSON.parse(json).data),
      [1, 2, 3, 4],
    );
  });

  it("delivers no old message in the new epoch when only a channel's metadata are lost", async () => {
    await using broker = connect("meta:");
    const listener = listen();
    const { epoch } = await broker.subscribe("c", listener);
    for (const data of [1, 2, 3]) await publishOne(broker, "c", data);
    await until(() => listener.offsets.length === 3);
    const [meta] = (await redis.command("KEYS", "meta:*:meta:c")) as string[];
    await redis.command("DEL", `${meta}`);
    const id = await publishOne(broker, "c", 4);
    assertNotEquals(epochOf(id), epoch);
    assertEquals(id.slice(8), "-1");
    const page = await broker.read("c", 0, 9, 1e9);
    assertEquals(page.entries.map(({ json }) => JSON.parse(json).data), [4]);
    await until(() => listener.offsets.length === 4);
    assertEquals(listener.moves, [`${epochOf(id)}-0`]);
  });

  it("reports a gap when only the log is lost", async () => {
    await using broker = connect("log:");
    const listener = listen();
    await broker.subscribe("c", listener);
    const id = await publishOne(broker, "c", 1);
    await until(() => listener.offsets.length === 1);
    const [log] = (await redis.command("KEYS", "log:*:log:c")) as string[];
    await redis.command("DEL", `${log}`);
    const { first, top } = await broker.read("c", 0, 9, 1e9);
    assertEquals([first, top], [2, 1]);
    assertEquals(await publishOne(broker, "c", 2), `${epochOf(id)}-2`);
    await until(() => listener.offsets.length === 2);
    assertEquals(listener.moves, []);
  });

  it("begins a new epoch when Redis is behind the delivered messages", async () => {
    await using broker = connect("behind:");
    const listener = listen();
    const { epoch } = await broker.subscribe("c", listener);
    for (const data of [1, 2, 3]) await publishOne(broker, "c", data);
    await until(() => listener.offsets.length === 3);
    const [meta] = (await redis.command("KEYS", "behind:*:meta:c")) as string[];
    await redis.command("HSET", `${meta}`, "top", "1");
    await until(() => listener.moves.length === 1);
    assertNotEquals(epochOf(listener.moves[0] ?? ""), epoch);
  });

  it("fails in bounded time while Redis hangs, is unhealthy, and delivers acknowledged messages afterwards", async () => {
    await using server = await startRedis();
    await using broker = connect("hangs:", server.url);
    const listener = listen();
    await broker.subscribe("c", listener);
    const before = await publishOne(broker, "c", "before");
    server.pause();
    const codes = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => refusal(broker.publish("c", [message(i)], `key ${i}`)),
      ),
    );
    assertEquals(new Set(codes), new Set(["unavailable"]));
    assertEquals(await refusal(publishOne(broker, "c", 0)), "unavailable");
    assertEquals(await refusal(broker.read("c", 0, 9, 9)), "unavailable");
    assertEquals(
      await refusal(broker.subscribe("d", listen())),
      "unavailable",
    );
    const { ok, detail } = await broker.health();
    assertEquals(ok, false);
    assert(detail?.includes("answer"));
    server.resume();
    const ids = [before];
    for (let i = 0; i < 100; i++) {
      const [id = ""] = await broker.publish("c", [message(i)], `key ${i}`);
      ids.push(id);
    }
    assertEquals(new Set(ids).size, 101);
    await until(() => ids.every((id) => heardIds().includes(id)));
    function heardIds(): string[] {
      return listener.heard.map(({ json }) => JSON.parse(json).id);
    }
    // A failed publish may have been executed. Its key then returns the first id, and the message was delivered once.
    assertEquals(heardIds(), ids);
    assertEquals(listener.moves, []);
    assertEquals(await broker.health(), { ok: true });
  });

  it("refuses commands over its limit while Redis hangs", async () => {
    await using server = await startRedis();
    await using broker = connect("full:", server.url);
    await publishOne(broker, "c", "before");
    server.pause();
    const large = message("x".repeat(512 * 1024));
    const started = performance.now();
    const codes = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const code = await refusal(broker.publish("c", [large]));
        return { code, isAtOnce: performance.now() - started < 600 };
      }),
    );
    assert(codes.every(({ code }) => code === "unavailable"));
    // 127 of them fit into 64 MiB; the others were refused.
    assert(codes.filter(({ isAtOnce }) => isAtOnce).length >= 300 - 128);
    server.resume();
    await publishSurely(broker, "c", "after");
  });

  it("reconnects after Redis was away, and follows its channels again", async () => {
    let server = await startRedis();
    await using broker = connect("away:", server.url);
    const listener = listen();
    await broker.subscribe("c", listener);
    await publishOne(broker, "c", 1);
    await until(() => listener.offsets.length === 1);
    await server.kill();
    assertEquals(await refusal(publishOne(broker, "c", 0)), "unavailable");
    assertEquals((await broker.health()).ok, false);
    server = await startRedis([], server.port);
    const id = await publishSurely(broker, "c", 2);
    await until(() => listener.offsets.length === 2);
    assertEquals(listener.moves, [`${epochOf(id)}-0`]);
    await server.kill();
  });

  it("never gives an id to two messages when a replica without the newest messages takes over", async () => {
    await using master = await startRedis();
    await using replica = await startRedis([
      ...["--replicaof", "127.0.0.1", `${master.port}`],
      ...["--repl-diskless-sync-delay", "0"],
    ]);
    await until(async () =>
      String(await replica.command("INFO", "replication"))
        .includes("master_link_status:up")
    );
    await using proxy = await startProxy(`http://127.0.0.1:${master.port}`);
    const url = proxy.url.replace("http:", "redis:");
    await using broker = connect("failover:", url);
    const listener = listen();
    await broker.subscribe("c", listener);
    const data = new Map<string, unknown>();
    for (let i = 0; i < 10; i++) {
      data.set(await publishOne(broker, "c", i), i);
    }
    const { log } = channelKeys("failover:", "c");
    await until(async () => await replica.command("XLEN", log) === 10);
    // From here on the replica receives nothing: messages acknowledged now are lost with the master.
    await replica.command("REPLICAOF", "NO", "ONE");
    for (let i = 10; i < 15; i++) {
      data.set(await publishOne(broker, "c", i), i);
    }
    await until(() => listener.offsets.length === 15);
    proxy.cut();
    await master.kill();
    proxy.lead(`http://127.0.0.1:${replica.port}`);
    for (let i = 15; i < 30; i++) {
      const id = await publishSurely(broker, "c", i);
      assert(!data.has(id), `${id} was ${data.get(id)} and is ${i}`);
      data.set(id, i);
    }
    await until(() => listener.offsets.length === 30);
    assertEquals(listener.moves.length, 1);
    for (const { json } of listener.heard) {
      const { id, data: told } = JSON.parse(json);
      assertEquals(told, data.get(id));
    }
  });

  it("doesn't use a server that became a replica", async () => {
    await using master = await startRedis();
    await using server = await startRedis();
    await using broker = connect("demoted:", server.url);
    await publishOne(broker, "c", 1);
    await server.command("REPLICAOF", "127.0.0.1", `${master.port}`);
    assertEquals(await refusal(publishOne(broker, "c", 2)), "unavailable");
    const { ok, detail } = await broker.health();
    assertEquals(ok, false);
    assert(detail?.includes("replica"));
    await server.command("REPLICAOF", "NO", "ONE");
    await publishSurely(broker, "c", 3);
    assertEquals(await broker.health(), { ok: true });
  });

  it("notices that nothing arrives on an open connection", async () => {
    await using elsewhere = await startRedis();
    await using proxy = await startProxy(`http://127.0.0.1:${redis.port}`);
    const url = proxy.url.replace("http:", "redis:");
    await using broker = connect("silent:", url);
    assertEquals(await broker.health(), { ok: true });
    // A proxy may still lead to the old master, where subscriptions never receive a message.
    proxy.lead(`http://127.0.0.1:${elsewhere.port}`);
    const listener = listen();
    await broker.subscribe("c", listener);
    proxy.lead(`http://127.0.0.1:${redis.port}`);
    await publishOne(broker, "c", 1);
    await until(() => listener.offsets.length === 1);
    await until(async () => {
      const names = await redis.command("PUBSUB", "CHANNELS", "silent:*");
      return Array.isArray(names) && names.length === 1;
    });
    await publishOne(broker, "c", 2);
    await until(() => listener.offsets.length === 2);
    assertEquals(listener.offsets, [1, 2]);
    assertEquals(listener.moves, []);
  });

  it("is unhealthy when it can't write", async () => {
    await using full = await startRedis(["--maxmemory", "1"]);
    await using broker = connect("full:", full.url);
    const { ok, detail } = await broker.health();
    assertEquals(ok, false);
    assert(detail?.includes("OOM"));
    assertEquals(await refusal(publishOne(broker, "c", 1)), "unavailable");
  });
});
