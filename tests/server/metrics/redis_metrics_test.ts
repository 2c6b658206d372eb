import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { startRedis } from "../../support/brokers/redis.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { ADMIN_KEY, readSamples } from "../../support/metrics/samples.ts";
import { redisPath } from "../../support/requirements.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

withRedis("the metrics with Redis", () => {
  it("count at each gateway what it published and what it delivered", async () => {
    await using redis = await startRedis();
    const { url } = redis;
    const options = { adminKey: ADMIN_KEY };
    await using a = await startGateway({
      ...options,
      broker: new RedisBroker({ url }),
    });
    await using b = await startGateway({
      ...options,
      broker: new RedisBroker({ url }),
    });
    const token = await tokenFor(a, ["c/t"]);
    await using client = (await connectReady(b, { token })).client;
    await publish(a, "c/t", 1);
    await client.next();
    const published = 'tidings_messages_published_total{via="http"}';
    const delivered = 'tidings_messages_delivered_total{transport="websocket"}';
    const [ofA, ofB] = [await readSamples(a), await readSamples(b)];
    assertEquals([ofA, ofB].map((of) => of.get(published)), [1, 0]);
    assertEquals([ofA, ofB].map((of) => of.get(delivered)), [0, 1]);
    assertEquals(ofA.get("tidings_broker_publish_seconds_count"), 1);
    // The logs are in Redis, whose own metrics tell about them.
    assertEquals(ofA.has("tidings_log_bytes"), false);
  });

  it("and the probes tell that Redis is away, and back", async () => {
    await using redis = await startRedis();
    const broker = new RedisBroker({ url: redis.url, timeout: "300ms" });
    await using gateway = await startGateway({ adminKey: ADMIN_KEY, broker });
    const probe = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${gateway.url}/${path}`);
      return [response.status, await response.text()];
    };
    const isUp = async (): Promise<unknown> =>
      (await readSamples(gateway)).get("tidings_broker_up");
    // On a busy machine Redis may not answer within the 300 ms at once.
    while ((await probe("readyz"))[0] !== 200);
    assertEquals(await isUp(), 1);
    redis.pause();
    const [status, text] = await probe("readyz");
    assertEquals([status, await isUp()], [503, 0]);
    assertStringIncludes(text, "Cannot take traffic: the broker");
    assertEquals((await probe("livez"))[0], 200);
    redis.resume();
    while ((await probe("readyz"))[0] !== 200);
    assertEquals(await isUp(), 1);
  });
});
