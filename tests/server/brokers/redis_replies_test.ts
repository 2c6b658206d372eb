import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import type { GatewayOptions } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProducer } from "../../support/client/producer.ts";
import { batch, postJson } from "../../support/wire/publish.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";
import {
  endsOf,
  logOf,
  postStream,
  producerOf,
} from "../../support/wire/streams.ts";
import {
  connectWire,
  type Target,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** A short time, so that the test doesn't wait long for the end of the stream. */
const LEASE_MS = 400;

withRedis("Two gateways on one Redis", () => {
  let redis: RedisServer;
  let a: TestGateway;
  let b: TestGateway;
  beforeAll(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([join(), join()]);
  });
  afterAll(async () => {
    await Promise.all([a.close(), b.close()]);
    await redis.kill();
  });

  /** Starts a gateway whose idempotency keys expire soon. */
  function join(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
    // A busy machine may take long for an answer of Redis.
    const times = { keyTtl: "50ms", timeout: "1m" } as const;
    const broker = new RedisBroker({ url: redis.url, ...times });
    return startGateway({ broker, ...options });
  }

  async function watch(
    target: Target,
    channel: string,
    since?: string,
  ): Promise<WireClient> {
    const token = await tokenFor(target, [`${channel}/t`]);
    return connectWire(target, { token, ...since ? { since } : {} });
  }

  /** Returns the error code in the next end of a stream that a client receives. */
  async function endOf(client: WireClient): Promise<unknown> {
    const { metadata } = await client.find("datastream-end");
    return Object(metadata).error?.code;
  }

  async function ask(channel: string): Promise<string> {
    const { status, id } = await postJson(a, {
      channel,
      topic: "t",
      query: { reply_topic: "answer" },
      body: '"Go?"',
    });
    assertEquals(status, 200);
    return id;
  }

  async function answer(
    target: Target,
    channel: string,
    question: string,
    key?: string,
  ): Promise<string> {
    const { status, error } = await postJson(target, {
      channel,
      topic: "answer",
      query: { reply_to: question },
      body: "1",
      ...key === undefined ? {} : { headers: { "idempotency-key": key } },
    });
    return `${status} ${error?.code ?? "ok"}`;
  }

  it("accept one reply to a message, whichever gateway gets it, also long after", async () => {
    for (let round = 0; round < 10; round++) {
      const channel = `question-${round}`;
      const question = await ask(channel);
      const answers = await Promise.all(
        [a, b, a, b].map((gateway) => answer(gateway, channel, question)),
      );
      assertEquals(answers.toSorted(), [
        "200 ok",
        "409 conflict",
        "409 conflict",
        "409 conflict",
      ]);
      assertEquals(await answer(a, channel, question), "409 conflict");
      assertEquals((await logOf(b, channel)).length, 2);
    }
  });

  it("accept the retry of a reply with its key at the other gateway", async () => {
    const question = await ask("again");
    assertEquals(await answer(a, "again", question, "mine"), "200 ok");
    assertEquals(await answer(b, "again", question, "mine"), "200 ok");
    assertEquals(await answer(b, "again", question, "other"), "409 conflict");
    assertEquals((await logOf(a, "again")).length, 2);
  });

  it("find a reply in a full log without a search", async () => {
    const question = await ask("full");
    const quote = { text: `"reply_to":"${question}"` };
    const line = { channel: "full", topic: "answer", data: quote };
    await batch(a, Array<object>(600).fill(line));
    await redis.command("CONFIG", "RESETSTAT");
    const answers = [];
    for (const gateway of [a, b, a]) {
      answers.push(await answer(gateway, "full", question));
    }
    assertEquals(answers, ["200 ok", "409 conflict", "409 conflict"]);
    const stats = String(await redis.command("INFO", "commandstats"));
    const [, calls = "0"] = /cmdstat_xrange:calls=(\d+)/.exec(stats) ?? [];
    // Only the append looks at the oldest entry.
    assertEquals(calls, "1");
  });

  it("end the stream of a killed producer for readers at the other gateway", async () => {
    await using first = await join({ streamLease: `${LEASE_MS}ms` });
    await using second = await join({ streamLease: `${LEASE_MS}ms` });
    await using client = await watch(second, "killed");
    const kill = startProducer(first, "killed", "messages");
    await client.take(2);
    await kill();
    assertEquals(await endOf(client), "producer_lost");
    await using late = await watch(first, "killed", "start");
    assertEquals(await endOf(late), "producer_lost");
  });

  it("stop a stream for a reader at the other gateway, and inform its producer", async () => {
    await using client = await watch(b, "stop");
    const line = producerOf(a, "stop", "s");
    await line("start");
    await client.next();
    const query = { channel: "stop", topic: "t", stream_id: "s" };
    // It waits for a third of the lease at most, so the lease is not a short one.
    const waiting = postStream(a, "keep", { ...query, wait: "20" });
    // The producer's request has arrived once this later one gets its response.
    await postStream(a, "keep", query);
    assertEquals((await postStream(b, "stop", query)).stopped, true);
    const { status, error } = await waiting;
    assertEquals([status, error?.code], [409, "stream_stopped"]);
    assertEquals((await client.next()).metadata, { stopped: true });
    assertEquals((await line("chunk")).error?.code, "stream_stopped");
    assertEquals(endsOf(await logOf(b, "stop")), [["s", { stopped: true }]]);
  });
});
