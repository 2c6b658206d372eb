import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { channelKeys } from "../../../server/brokers/redis/keys.ts";
import { listen } from "../../support/brokers/broker_contract.ts";
import { startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

const FOLLOWER = fileURLToPath(
  new URL("../../support/brokers/redis_follower.ts", import.meta.url),
);
const RUN = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [];

withRedis("RedisBroker.subscribers()", () => {
  it("forgets a killed gateway after it has missed three checks", async () => {
    await using redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url, checkInterval: "300ms" });
    try {
      await broker.subscribe("c", listen());
      broker.announce("c", new Map([["", 2], ["t", 1], ["u", 1]]));
      const args = [...RUN, FOLLOWER, redis.url, "c", "300"];
      const child = spawn(process.execPath, args, {
        stdio: "inherit",
        env: { ...process.env, NO_COLOR: "1" },
      });
      const exit = once(child, "exit");
      await until(async () => await broker.subscribers("c") === 3);
      assertEquals(await broker.subscribers("c", "t"), 2);
      assertEquals(await broker.subscribers("c", "u"), 1);
      if (child.pid !== undefined) process.kill(child.pid, "SIGKILL");
      await exit;
      await until(async () => await broker.subscribers("c") === 2);
      // The gateway that is alive keeps its number.
      const { subscribers } = channelKeys("tidings:", "c");
      await until(async () =>
        Number(await redis.command("PTTL", subscribers)) > 800
      );
      await until(async () =>
        Number(await redis.command("PTTL", subscribers)) < 700
      );
      await until(async () =>
        Number(await redis.command("PTTL", subscribers)) > 800
      );
      assertEquals(await broker.subscribers("c"), 2);
    } finally {
      await broker.close();
    }
    const left = await redis.command("KEYS", "*:subscribers:*");
    assertEquals(left, []);
  });

  it("leaves no keys in Redis of channels that are not in use", async () => {
    await using redis = await startRedis();
    // Long enough for a busy machine to ask for the keys before they expire.
    const broker = new RedisBroker({ url: redis.url, historyTtl: 20 });
    try {
      await broker.read("read", 0, 1, 1);
      await broker.publish("c", [{ topic: "t", kind: "data", head: "{" }], "k");
      const keys = await redis.command("KEYS", "*");
      assertEquals(Array.isArray(keys) && keys.length, 4);
      for (const key of Array.isArray(keys) ? keys : []) {
        const ttl = Number(await redis.command("PTTL", `${key}`));
        // An idle channel's keys expire within a minute after its history, an idempotency key after two minutes.
        const limit = `${key}`.includes(":key:") ? 120_000 : 80_000;
        assertEquals([key, ttl > 0 && ttl <= limit], [key, true]);
      }
    } finally {
      await broker.close();
    }
  });
});
