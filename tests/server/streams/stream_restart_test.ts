import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startRedis } from "../../support/brokers/redis.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { endsOf, logOf, producerOf } from "../../support/wire/streams.ts";
import { connectWire, tokenFor } from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** Starts a gateway in a process of its own, with a lease of a second. */
async function startProcess(broker: string) {
  const args = ["--port", "0", "--broker", broker, "--stream-lease", "1"];
  const cli = new Cli([...args, "--signing-key", SIGNING_KEY]);
  return { cli, url: await cli.url(), signingKey: SIGNING_KEY };
}

withRedis("Data streams whose gateways were all killed", () => {
  it("end with producer_lost once a gateway has a reader again, with chunks and without", async () => {
    await using redis = await startRedis();
    const killed = await startProcess(redis.url);
    await using first = killed.cli;
    const started = producerOf(killed, "c", "started");
    const grown = producerOf(killed, "c", "grown");
    await started("start");
    await grown("start");
    await grown("chunk");
    first.kill("SIGKILL");
    await first.finished;
    const next = await startProcess(redis.url);
    await using _ = next.cli;
    const token = await tokenFor(next, ["c/t"]);
    await using client = await connectWire(next, { token });
    const ends = [];
    while (ends.length < 2) ends.push(await client.find("datastream-end"));
    assertEquals(
      ends.map(({ data, metadata }) => [data, Object(metadata).error.code])
        .sort(),
      [["grown", "producer_lost"], ["started", "producer_lost"]],
    );
    assertEquals(endsOf(await logOf(next, "c")).length, 2);
    const late = producerOf(next, "c", "grown");
    assertEquals((await late("chunk")).error?.code, "stream_ended");
  });
});
