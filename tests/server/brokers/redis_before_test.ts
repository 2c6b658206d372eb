import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { newMessage } from "../../../server/wire/envelope.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Returns how often Redis has read messages from the top of a log. */
async function searches(redis: RedisServer): Promise<number> {
  const stats = String(await redis.command("INFO", "commandstats"));
  return Number(/cmdstat_xrevrange:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

withRedis("the position before more messages than the log has", () => {
  it("is found without a search of the log", async () => {
    await using redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url });
    const messages = [1, 2, 3].map((data) =>
      newMessage({ channel: "c" }, "t", `${data}`)
    );
    await broker.publish("c", messages);
    const topics = new Set(["other"]);
    for (const count of [3, 1_000_000]) {
      assertEquals((await broker.before("c", topics, count)).offset, 0);
    }
    assertEquals(await searches(redis), 0);
    const { offset } = await broker.before("c", new Set(["t"]), 2);
    assertEquals([offset, await searches(redis)], [1, 1]);
    await broker.close();
  });
});
