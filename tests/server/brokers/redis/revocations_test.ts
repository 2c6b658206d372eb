import type { Duration } from "../../../../core/protocol/duration.ts";
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisBroker } from "../../../../server/brokers/redis.ts";
import {
  followed,
  revocation,
} from "../../../support/brokers/revocation_contract.ts";
import {
  type RedisServer,
  startRedis,
  startRedisCluster,
} from "../../../support/brokers/redis.ts";
import { redisPath } from "../../../support/requirements.ts";
import { until } from "../../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** A short time, so that tests don't wait long for a failure. */
const FAST = { timeout: "900ms" } as const;

/** Connects the broker of a gateway. */
function connect(url: string, options: { timeout?: Duration } = {}) {
  const broker = new RedisBroker({ url, ...options });
  return Object.assign(broker, {
    [Symbol.asyncDispose]: () => broker.close(),
  });
}

async function codeOf(
  action: () => void | Promise<void>,
): Promise<string | undefined> {
  try {
    await action();
  } catch (error) {
    return Object(error).code;
  }
}

withRedis("The revocations in Redis", () => {
  let redis: RedisServer;
  let prefixes = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  const newUrl = () => `${redis.url}?prefix=test-${++prefixes}:`;

  it("reach the gateways that run, and those that start later", async () => {
    const url = newUrl();
    await using a = connect(url);
    await using b = connect(url);
    const atB = followed(b);
    await b.awaitRevocations();
    await a.revoke([revocation("sub u")]);
    await until(() => atB.has("sub u"));
    await a.close();
    await using c = connect(url);
    const atC = followed(c);
    await c.awaitRevocations();
    assertEquals([...atC], ["sub u"]);
  });

  it("are all read, however many there are", async () => {
    const url = newUrl();
    await using a = connect(url);
    const all = Array.from({ length: 2500 }, (_, i) => `sub ${i}`);
    await a.revoke(all.map((subject) => revocation(subject)));
    await using b = connect(url);
    const known = followed(b);
    await b.awaitRevocations();
    assertEquals([...known], all);
  });

  it("leave nothing behind once their tokens have expired", async () => {
    const url = newUrl();
    await using broker = connect(url);
    const now = Math.floor(Date.now() / 1000);
    await broker.revoke([{ subject: "sub u", at: now, until: now + 2 }]);
    const pattern = `test-${prefixes}:*`;
    const keys = (await redis.command("KEYS", pattern)) as string[];
    assertEquals(keys.length, 2);
    for (const key of keys) {
      const ttl = Number(await redis.command("TTL", key));
      assert(ttl > 0 && ttl <= 25 * 3600, `${key}: ${ttl}`);
    }
    await broker.revoke([revocation("sub later")]);
    const kept = keys.find((key) => !key.includes("epoch")) ?? "";
    const ttl = Number(await redis.command("TTL", kept));
    assert(ttl > 3000, `${ttl}`);
    const last = revocation("sub last");
    await until(async () => {
      await broker.revoke([last]);
      const texts =
        (await redis.command("ZRANGE", kept, "0", "-1")) as string[];
      return texts.length === 2;
    });
  });

  it("are accepted while Redis is full", async () => {
    await using full = await startRedis(["--maxmemory", "1"]);
    await using broker = connect(full.url);
    const known = followed(broker);
    await broker.revoke([revocation("sub u")]);
    await until(() => known.has("sub u"));
  });

  it("skip an entry that no gateway wrote", async () => {
    const url = newUrl();
    await using a = connect(url);
    await a.revoke([revocation("sub one")]);
    const [kept = ""] = (await redis.command(
      "KEYS",
      `test-${prefixes}:*:revocations:`,
    )) as string[];
    await redis.command("ZADD", kept, "2", "not a revocation");
    await a.revoke([revocation("sub two")]);
    await using b = connect(url);
    const known = followed(b);
    await b.awaitRevocations();
    assertEquals([...known], ["sub one", "sub two"]);
  });
});

withRedis("The revocations in Redis, when it has a fault", () => {
  it("can't be kept or known while Redis hangs, and go on afterwards", async () => {
    await using redis = await startRedis();
    await using a = connect(redis.url, FAST);
    await using b = connect(redis.url, FAST);
    const known = followed(b);
    await b.awaitRevocations();
    redis.pause();
    const codes = await Promise.all([
      codeOf(() => a.revoke([revocation("sub u")])),
      // What was read a moment ago is current for a second.
      until(async () =>
        await codeOf(() => b.awaitRevocations()) === "unavailable"
      ),
    ]);
    assertEquals(codes[0], "unavailable");
    redis.resume();
    await until(async () =>
      await codeOf(() => a.revoke([revocation("sub v")])) === undefined
    );
    await until(() => known.has("sub v"));
    assertEquals(await codeOf(() => b.awaitRevocations()), undefined);
  });

  it("can't be known before Redis was reached once", async () => {
    const redis = await startRedis();
    await redis.kill();
    await using broker = connect(redis.url, FAST);
    const known = followed(broker);
    assertEquals(await codeOf(() => broker.awaitRevocations()), "unavailable");
    await using _server = await startRedis([], redis.port);
    await using other = connect(redis.url, FAST);
    await until(async () =>
      await codeOf(() => other.revoke([revocation("sub u")])) === undefined
    );
    await until(async () =>
      await codeOf(() => broker.awaitRevocations()) === undefined
    );
    await until(() => known.has("sub u"));
  });

  it("arrive though the connections of every gateway are killed", async () => {
    await using redis = await startRedis();
    await using a = connect(redis.url);
    await using b = connect(redis.url);
    const known = followed(b);
    await b.awaitRevocations();
    for (let i = 0; i < 3; i++) {
      for (const type of ["normal", "pubsub"]) {
        await redis.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
      }
      await until(async () =>
        await codeOf(() => a.revoke([revocation(`sub ${i}`)])) === undefined
      );
      await until(() => known.has(`sub ${i}`));
    }
  });

  it("survive a restart of Redis that saves its data, and of every gateway", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tidings-revocations-"));
    const saving = [
      ...["--dir", folder, "--appendonly", "yes"],
      ...["--appendfsync", "always"],
    ];
    const redis = await startRedis(saving);
    const a = connect(redis.url, FAST);
    await a.revoke([revocation("sub u")]);
    await a.close();
    await redis.kill();
    await using _server = await startRedis(saving, redis.port);
    await using b = connect(redis.url, FAST);
    const known = followed(b);
    await b.awaitRevocations();
    assertEquals([...known], ["sub u"]);
    await b.revoke([revocation("sub v")]);
    await until(() => known.has("sub v"));
    await rm(folder, { recursive: true });
  });

  it("are put back by the gateways when Redis loses them", async () => {
    await using redis = await startRedis();
    await using a = connect(redis.url, FAST);
    const atA = followed(a);
    await a.revoke([revocation("sub u"), revocation("jti j")]);
    await until(() => atA.size === 2);
    for (const lose of ["FLUSHALL", "DEL"]) {
      const [kept = ""] = (await redis.command(
        "KEYS",
        "*:revocations:",
      )) as string[];
      await redis.command(...(lose === "DEL" ? [lose, kept] : [lose]));
      await until(async () => await redis.command("ZCARD", kept) === 2);
    }
    const server = await restart(redis);
    await using b = connect(redis.url, FAST);
    const atB = followed(b);
    await until(() => atB.size === 2);
    await server.kill();
  });

  it("can't be kept or known while the server of a cluster that has them hangs", async () => {
    await using cluster = await startRedisCluster();
    await using a = connect(cluster.url, FAST);
    const known = followed(a);
    await a.revoke([revocation("sub u")]);
    await until(() => known.has("sub u"));
    const counts = await Promise.all(
      cluster.servers.map((one) => one.command("DBSIZE")),
    );
    assertEquals(counts.toSorted(), [0, 0, 2]);
    const holder = cluster.servers[counts.indexOf(2)];
    assert(holder);
    holder.pause();
    await until(async () =>
      await codeOf(() => a.revoke([revocation("sub v")])) === "unavailable"
    );
    await until(async () =>
      await codeOf(() => a.awaitRevocations()) === "unavailable"
    );
    holder.resume();
    await until(async () =>
      await codeOf(() => a.revoke([revocation("sub w")])) === undefined
    );
    await until(() => known.has("sub w"));
  });
});

/** Kills a server and starts another one, without its data, at the same port. */
async function restart(redis: RedisServer): Promise<RedisServer> {
  await redis.kill();
  return await startRedis([], redis.port);
}
