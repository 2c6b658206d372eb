import { RealtimeError } from "../../../core/protocol/errors.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:net";
import {
  RedisBroker,
  type RedisBrokerOptions,
} from "../../../server/brokers/redis.ts";
import { listen, message } from "../../support/brokers/broker_contract.ts";
import {
  followed,
  revocation,
} from "../../support/brokers/revocation_contract.ts";
import { startRedis, startRedisCluster } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** The permissions that a gateway's user needs. */
const USER = "on >p@ss:w/rd resetkeys ~app:* resetchannels &app:* -@all " +
  "+@read +@write +@pubsub +@scripting +@connection +info +time +cluster|slots";

/** Runs an action with a broker, and closes it. */
async function use<T>(
  options: RedisBrokerOptions,
  act: (broker: RedisBroker) => Promise<T>,
): Promise<T> {
  const broker = new RedisBroker({ timeout: "1500ms", ...options });
  try {
    return await act(broker);
  } finally {
    await broker.close();
  }
}

/** Publishes and receives a message; returns the health. */
async function tryAll(broker: RedisBroker): Promise<unknown> {
  const listener = listen();
  await broker.subscribe("c", listener);
  await broker.publish("c", [message(1)], "k");
  await until(() => listener.offsets.length === 1);
  await broker.before("c", new Set(["t"]), 1);
  await broker.subscribers("c");
  const known = followed(broker);
  await broker.revoke([revocation("sub u")]);
  await broker.awaitRevocations();
  assertEquals([...known], ["sub u"]);
  return await broker.health();
}

withRedis("new RedisBroker()", () => {
  it("logs in as a user that has only the permissions it needs", async () => {
    await using redis = await startRedis();
    await redis.command("ACL", "SETUSER", "gateway", ...USER.split(" "));
    const login = "gateway:p%40ss%3Aw%2Frd";
    const url = `redis://${login}@127.0.0.1:${redis.port}/2?prefix=app:`;
    assertEquals(await use({ url }, tryAll), { ok: true });
    const info = String(await redis.command("INFO", "keyspace"));
    assertEquals(/^db\d+/m.exec(info)?.[0], "db2");
  });

  it("says why it is unhealthy, without a password", async () => {
    await using redis = await startRedis(["--requirepass", "right"]);
    const address = `127.0.0.1:${redis.port}`;
    const problems = [
      [`redis://:wrong@${address}`, "WRONGPASS"],
      [`redis://${address}`, "NOAUTH"],
      [`redis://:right@${address},${address}`, "not part of a cluster"],
    ] as const;
    for (const [url, reason] of problems) {
      const { ok, detail = "" } = await use({ url }, (it) => it.health());
      assertEquals(ok, false);
      assert(detail.includes(reason), detail);
      // The health is public.
      assert(!/wrong|127/.test(detail), detail);
    }
    const url = `redis://:right@${address}`;
    assertEquals(await use({ url }, tryAll), { ok: true });
  });

  it("refuses the URL of a single server that is part of a cluster", async () => {
    await using cluster = await startRedisCluster();
    const url = `redis://127.0.0.1:${cluster.servers[0]?.port}`;
    const { ok, detail } = await use({ url }, (it) => it.health());
    assertEquals(ok, false);
    assert(detail?.includes("name two or more of its servers"));
  });

  it("discovers a cluster by the one of two servers that is running", async () => {
    await using cluster = await startRedisCluster();
    const [, second] = cluster.servers;
    const url = `redis://127.0.0.1:1,127.0.0.1:${second?.port}`;
    assertEquals(await use({ url }, tryAll), { ok: true });
  });

  it("connects with TLS for a URL with rediss:", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const bytes = new Promise<string | Uint8Array>((resolve) => {
      server.on("connection", (socket) => {
        socket.on("error", () => {});
        socket.once("data", (data) => {
          resolve(data);
          socket.destroy();
        });
      });
    });
    await use({ url: `rediss://localhost:${port}` }, async () => {
      // The first bytes of a TLS handshake.
      assertEquals([...Buffer.from(await bytes).subarray(0, 2)], [0x16, 0x03]);
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it("refuses an invalid URL or option", () => {
    const url = "redis://localhost";
    assertThrows(() => new RedisBroker({ url: "localhost" }), RealtimeError);
    const refused: Partial<RedisBrokerOptions>[] = [
      { historySize: 0 },
      { historyTtl: -1 },
      { historyBytes: -1 },
      { keyTtl: Infinity },
      { checkInterval: "10001ms" },
      { timeout: "0ms" },
    ];
    for (const options of refused) {
      assertThrows(() => new RedisBroker({ url, ...options }), RealtimeError);
    }
  });
});
