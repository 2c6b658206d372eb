import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { startRedis } from "../../support/brokers/redis.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../support/log.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

withRedis("the log of the broker's health", () => {
  it("says once that Redis went away and why, and once that it is back", async () => {
    await using log = await collectLog("info");
    let redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url });
    await using _gateway = await startGateway({ broker });
    await broker.health();
    assertEquals(eventsIn(log, "broker.down"), []);
    await redis.kill();
    await until(() => eventsIn(log, "broker.down").length > 0);
    redis = await startRedis([], redis.port);
    await until(() => eventsIn(log, "broker.up").length > 0);
    await broker.health();
    const [down, ...others] = eventsIn(log, "broker.down");
    assertEquals(others, []);
    assertEquals(down?.broker, "redis");
    assertStringIncludes(`${down?.reason}`, "Redis can't be used: ");
    assertEquals(eventsIn(log, "broker.up"), [
      { event: "broker.up", broker: "redis" },
    ]);
    await redis.kill();
  });

  it("says that a full Redis can't be used", async () => {
    await using log = await collectLog("info");
    await using redis = await startRedis(["--maxmemory", "1"]);
    const broker = new RedisBroker({ url: redis.url });
    await using _gateway = await startGateway({ broker });
    await until(() => eventsIn(log, "broker.down").length > 0);
    const [down] = eventsIn(log, "broker.down");
    assertStringIncludes(`${down?.reason}`, "OOM");
  });
});
