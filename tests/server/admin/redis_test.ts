import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type {
  ChannelDetail,
  ChannelList,
  Overview,
  SessionDetail,
  SessionList,
  TokenReport,
} from "../../../server/admin/answers.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import {
  ADMIN_KEY,
  answer,
  check,
  openFeed,
  statusOf,
} from "../../support/admin/admin.ts";
import {
  type RedisServer,
  startRedis,
  startRedisCluster,
} from "../../support/brokers/redis.ts";
import { Cli } from "../../support/gateway/cli.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";
import { publish } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

withRedis("the admin API of gateways on one Redis", () => {
  let redis: RedisServer;
  let a: TestGateway;
  let b: TestGateway;

  beforeAll(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([start(), start()]);
    await until(async () => (await overviewOf(a)).gateways.length === 2);
    await until(async () => (await overviewOf(b)).gateways.length === 2);
  });
  afterAll(async () => {
    await Promise.all([a.close(), b.close()]);
    await redis.kill();
  });

  function start(): Promise<TestGateway> {
    const broker = new RedisBroker({ url: redis.url });
    const maxMessageBytes = 4 * 1024 * 1024;
    return startGateway({ adminKey: ADMIN_KEY, broker, maxMessageBytes });
  }

  function overviewOf(gateway: TestGateway): Promise<Overview> {
    return answer<Overview>(gateway, "overview");
  }

  it("has an overview of all of them, whichever is asked", async () => {
    const clients = [];
    for (const gateway of [a, a, b]) {
      const token = await tokenFor(gateway, ["all/t"]);
      clients.push((await connectReady(gateway, { token })).client);
    }
    for (const gateway of [a, b]) {
      const overview = await overviewOf(gateway);
      assertEquals(overview.connections, 3);
      // The channel is in use at both, and is one channel.
      assertEquals(overview.channels, 1);
      assertEquals(overview.broker, { name: "redis", ok: true });
      const { gateways: [own, other] } = overview;
      assertEquals([own?.url, own?.self], [gateway.url, true]);
      assertEquals(other?.url, (gateway === a ? b : a).url);
      assertEquals([own?.answered, other?.answered], [true, true]);
      const counts = [own?.connections ?? 0, other?.connections ?? 0];
      assertEquals(counts, gateway === a ? [2, 1] : [1, 2]);
    }
    for (const client of clients) await client.close();
  });

  it("adds up the subscribers and rates of a channel", async () => {
    const clients = [];
    for (const [gateway, topic] of [[a, "t"], [b, "t"], [b, "u"]] as const) {
      const token = await tokenFor(gateway, [`sum/${topic}`]);
      clients.push((await connectReady(gateway, { token })).client);
    }
    await publish(a, "sum/t", 1);
    await publish(b, "sum/t", 2);
    const id = await publish(b, "sum/t", 3);
    for (const gateway of [a, b]) {
      const { gateways, ...sum } = await answer<ChannelDetail>(
        gateway,
        "channels/sum",
      );
      assertEquals(gateways.length, 2);
      assertEquals([sum.subscribers, sum.rate], [3, 0.3]);
      assertEquals(sum.topics, [
        { name: "t", subscribers: 2 },
        { name: "u", subscribers: 1 },
      ]);
      assertEquals(sum.log?.messages, 3);
      assertEquals([sum.log?.position, sum.last_message?.id], [id, id]);
      const at = Date.parse(sum.last_message?.created_at ?? "");
      assert(Math.abs(at - Date.now()) < 5_000);
      const { channels } = await answer<ChannelList>(gateway, "channels");
      assertEquals(channels.find(({ name }) => name === "sum"), sum);
    }
    for (const client of clients) await client.close();
  });

  it("lists channels in one order, page by page", async () => {
    for (let i = 0; i < 9; i++) {
      const gateway = i % 2 === 0 ? a : b;
      for (let n = 0; n <= i; n++) await publish(gateway, `list-${i}/t`, n);
    }
    const read = async (sort: string): Promise<string[]> => {
      const names: string[] = [];
      let after = "";
      do {
        const page = await answer<ChannelList>(
          b,
          `channels?sort=${sort}&limit=4${after}`,
        );
        names.push(...page.channels.map(({ name }) => name));
        after = page.next === undefined ? "" : `&after=${page.next}`;
      } while (after !== "");
      return names.filter((name) => name.startsWith("list-"));
    };
    const inOrder = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `list-${i}`);
    assertEquals(await read("name"), inOrder);
    assertEquals(await read("rate"), inOrder.toReversed());
  });

  it("pages through the sessions of all of them, the newest first", async () => {
    const clients = [];
    for (let i = 0; i < 9; i++) {
      const gateway = i % 3 === 0 ? a : b;
      const token = await tokenFor(gateway, ["page/t"], { sub: `${i}` });
      clients.push(await connectSse(gateway, { token }));
    }
    const seen: unknown[] = [];
    let after = "";
    do {
      const path = `sessions?channel=page&limit=2${after}`;
      const page = await answer<SessionList>(a, path);
      assertEquals(page.total, 9);
      seen.push(...page.sessions);
      after = page.next === undefined ? "" : `&after=${page.next}`;
    } while (after !== "");
    const { sessions } = await answer<SessionList>(b, "sessions?channel=page");
    assertEquals(seen, [...sessions]);
    const subjects = sessions.map(({ subject }) => subject);
    assertEquals(subjects.toSorted().join(""), "012345678");
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it("finds and ends a session of another gateway", async () => {
    const token = await tokenFor(a, ["far/t"], { sub: "far" });
    const { client, ready } = await connectReady(a, { token });
    const path = `sessions/${ready.session}`;
    const session = await answer<SessionDetail>(b, path);
    assertEquals(session.subject, "far");
    const { sessions } = await check<TokenReport>(b, { token });
    assertEquals(sessions.map(({ id }) => id), [ready.session]);
    assertEquals(await statusOf(b, path, { method: "DELETE" }), 204);
    assertEquals((await client.closed).code, 4403);
    assertEquals(await statusOf(b, path, { method: "DELETE" }), 404);
  });

  it("shows the events and messages of another gateway", async () => {
    await using events = await openFeed(b, "events");
    await using messages = await openFeed(b, "messages");
    const token = await tokenFor(a, ["feed/t"], { sub: "fay" });
    const { client, ready } = await connectReady(a, { token });
    assertEquals((await events.find("connected")).session, ready.session);
    assertEquals((await events.find("subscribed")).subject, "fay");
    const ids = [
      await publish(a, "feed/t", "from a"),
      await publish(b, "feed/t", "from b"),
    ];
    const seen = [await messages.next(), await messages.next()];
    // One came through Redis, the other did not.
    assertEquals(
      seen.map(({ data }) => data.id).toSorted(),
      ids.toSorted(),
    );
    assertEquals(
      seen.map(({ data }) => data.data).toSorted(),
      ["from a", "from b"],
    );
    await client.close();
    assertEquals((await events.find("closed")).code, 1000);
  });

  it("counts a message of another gateway that is too long to be shown", async () => {
    await using messages = await openFeed(b, "messages");
    // Each level of JSON doubles it.
    await publish(a, "feed/t", '"'.repeat(2 * 1024 * 1024 - 100));
    await publish(a, "feed/t", "behind it");
    const { event, data } = await messages.next();
    assertEquals(event, "dropped");
    // The other one came in the same 50 milliseconds, or is shown.
    if (data.count === 1) {
      assertEquals((await messages.find("message")).data, "behind it");
    } else assertEquals(data.count, 2);
  });

  it("remembers what another gateway refused", async () => {
    const app = { ...a, signingKey: `signkey-test-${"f".repeat(64)}` };
    const token = await tokenFor(app, ["c/t"], { sub: "rex" });
    await handshake(a, { token });
    const { refused } = await check<TokenReport>(b, { subject: "rex" });
    assertEquals(refused.map(({ code }) => code), [401]);
  });

  it("shows what a client was really refused, however many tokens anyone makes in its name", async () => {
    const own = await tokenFor(a, ["c/t"], { sub: "ivy" });
    await revoke(a, { subject: "ivy" });
    await handshake(a, { token: own });
    const app = { signingKey: `signkey-test-${"f".repeat(64)}` };
    const forged = await tokenFor({ ...a, ...app }, ["c/t"], { sub: "ivy" });
    const attempts = Array.from({ length: 60 }, () => [a, b]).flat();
    await Promise.all(
      attempts.map((gateway) => handshake(gateway, { token: forged })),
    );
    for (const gateway of [a, b]) {
      const { refused } = await check<TokenReport>(gateway, { subject: "ivy" });
      const certain = refused.filter(({ unverified }) => !unverified);
      assertEquals(certain.map(({ code }) => code), [403]);
      assertEquals(refused.length, 100);
    }
  });

  it("ignores what no gateway wrote", async () => {
    const keys = ["tidings:{0}:gateway:", "tidings:{0}:gateways:"] as const;
    const texts = [
      "x",
      "[]",
      "null",
      '["ask","x",1,"x"]',
      '["ask","x",1,"{\\"ask\\":\\"toString\\",\\"with\\":{}}"]',
      '["ask","x",1,"{\\"ask\\":\\"sessions\\",\\"with\\":{\\"limit\\":\\"all\\"}}"]',
      '["tell","x","{\\"feed\\":\\"events\\",\\"items\\":[[\\"a\\\\nb\\",\\"{}\\"]],\\"dropped\\":0}"]',
      '["answer","x",1,"{\\"connections\\":-1}"]',
    ];
    const { gateways } = await overviewOf(a);
    for (const text of texts) {
      await redis.command("PUBLISH", keys[0], text);
      for (const { id } of gateways) {
        await redis.command("PUBLISH", `${keys[0]}${id}`, text);
      }
    }
    await redis.command("HSET", keys[1], "foreign", "text");
    const overview = await overviewOf(a);
    assertEquals(
      overview.gateways.map(({ id }) => id),
      gateways.map(({ id }) => id),
    );
    // A key of another type is replaced at the next heartbeat or question.
    await redis.command("DEL", keys[1]);
    await redis.command("SET", keys[1], "text");
    assertEquals((await overviewOf(b)).gateways[0]?.answered, true);
    await until(async () => (await overviewOf(b)).gateways.length === 2);
  });

  it("answers within a second, and names a gateway that died", async () => {
    const args = ["--port", "0", "--broker", redis.url];
    args.push("--signing-key", SIGNING_KEY, "--admin-key", ADMIN_KEY);
    await using process = new Cli(args);
    const url = await process.url();
    const isKnown = ({ gateways }: Overview): boolean =>
      gateways.some((gateway) => gateway.url === url && gateway.answered);
    await until(async () => isKnown(await overviewOf(a)));
    // Its first heartbeat, which names it, was before it listened.
    const key = "tidings:{0}:gateways:";
    await until(async () =>
      String(await redis.command("HVALS", key)).includes(url)
    );
    process.kill("SIGKILL");
    await process.finished;
    for (const path of ["overview", "channels", "sessions"]) {
      const began = performance.now();
      const { gateways } = await answer<Overview>(a, path);
      const took = performance.now() - began;
      assert(took < 1_200, `${path} took ${took} ms`);
      assertEquals(gateways.length, 3);
      const dead = gateways.find((gateway) => gateway.url === url);
      assertEquals(dead?.answered, false);
      assert(/, process \d+$/.test(dead?.host ?? ""), dead?.host);
    }
    await redis.command("HDEL", key, await idOf(url));
  });

  /** Returns the id of the gateway with a URL. */
  async function idOf(url: string): Promise<string> {
    const { gateways } = await overviewOf(a);
    return gateways.find((gateway) => gateway.url === url)?.id ?? "";
  }

  it("works on a cluster of Redis", async () => {
    await using cluster = await startRedisCluster();
    const start = () => {
      const broker = new RedisBroker({ url: cluster.url });
      return startGateway({ adminKey: ADMIN_KEY, broker });
    };
    await using c = await start();
    await using d = await start();
    await until(async () => (await overviewOf(c)).gateways.length === 2);
    const isHeard = ({ gateways }: Overview): boolean =>
      gateways.every(({ answered }) => answered);
    await until(async () => isHeard(await overviewOf(c)));
    await publish(d, "sharded/t", 1);
    const { log, rate } = await answer<ChannelDetail>(c, "channels/sharded");
    assertEquals([log?.messages, rate], [1, 0.1]);
  });

  it("forgets a gateway that was closed", async () => {
    const c = await start();
    await until(async () => (await overviewOf(a)).gateways.length === 3);
    await c.close();
    assertEquals((await overviewOf(a)).gateways.length, 2);
  });

  it("answers for itself while Redis doesn't, and says so", async () => {
    redis.pause();
    try {
      const began = performance.now();
      const overview = await overviewOf(a);
      assert(performance.now() - began < 1_500);
      assertEquals(overview.broker.ok, false);
      assertEquals(overview.gateways.map(({ self }) => self), [true]);
      assertEquals(await statusOf(a, "channels"), 200);
    } finally {
      redis.resume();
    }
    await until(async () => (await overviewOf(a)).gateways.length === 2);
  });
});
