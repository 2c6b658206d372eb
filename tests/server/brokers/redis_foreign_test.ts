import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import {
  type ChannelKeys,
  channelKeys,
} from "../../../server/brokers/redis/keys.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { collectLog } from "../../support/log.ts";
import { redisPath } from "../../support/requirements.ts";
import { postJson, publishAll } from "../../support/wire/publish.ts";
import {
  address,
  connectReady,
  type Frame,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

/** The Redis commands with which another program changes a channel's keys. */
type Intrusion = (keys: ChannelKeys) => string[][];

const bytes = (key: string, id: string): string[] => [
  "EVAL",
  String
    .raw`redis.call('XADD', KEYS[1], ARGV[1], '\255', '\254\0\n\n\n\n\195(')`,
  ...["1", key, id],
];

/** Entries of other programs whose offset is higher than that of the channel's three messages. */
const LATER_ENTRIES: Readonly<Record<string, Intrusion>> = {
  "with the id that Redis makes": ({ log }) => [["XADD", log, "*", "a", "b"]],
  "with an offset far ahead": ({ log }) => [["XADD", log, "900-1", "m", "{}"]],
  "in a number": ({ log }) =>
    Array.from({ length: 300 }, () => ["XADD", log, "*", "a", "b"]),
  "that were removed again": (
    { log },
  ) => [["XADD", log, "900-1", "m", "{}"], ["XDEL", log, "900-1"]],
};

/** Changes by other programs that lose no message. */
const HARMLESS: Readonly<Record<string, Intrusion>> = {
  "an entry with the next offset": (
    { log },
  ) => [["XADD", log, "4-1", "m", "text"]],
  "many entries with the next offset": ({ log }) =>
    Array.from(
      { length: 300 },
      (_, i) => ["XADD", log, `4-${i + 1}`, "m", "text"],
    ),
  "an entry with the offset of the newest message": (
    { log },
  ) => [["XADD", log, "3-9999999999999", "m", "text"]],
  "an entry with several fields": (
    { log },
  ) => [["XADD", log, "4-1", "m", "text", "n", "text"]],
  "an entry with bytes that are not UTF-8": ({ log }) => [bytes(log, "4-1")],
  "an entry that looks like a message of another log": ({ log }) => [[
    ...["XADD", log, "4-1", "m"],
    't\ndata\n\n\n{"kind":"data","id":"00000000-4"}',
  ]],
  "messages on its pub/sub channel": ({ live }) => [
    ["PUBLISH", live, "text"],
    ["PUBLISH", live, "t\ndata\n\n\n{}"],
    ["EVAL", String.raw`redis.call('PUBLISH', KEYS[1], '\255\n\n\n\n\254')`]
      .concat("1", live),
  ],
  "subscribers of another type": ({ subscribers }) => [
    ["DEL", subscribers],
    ["SET", subscribers, "text"],
  ],
  "fields in its metadata": ({ meta }) => [
    ["HSET", meta, "stream:x", "text", "other", "text"],
  ],
  "fields among its subscribers": ({ subscribers }) => [
    ["HSET", subscribers, "gateway", "text", "other", "9999999999999 ["],
  ],
};

/** Changes by other programs that lose the log. */
const LOSSES: Readonly<Record<string, Intrusion>> = {
  "an entry with the highest id that Redis has": ({ log }) => [
    ["XADD", log, "18446744073709551615-18446744073709551615", "m", "text"],
  ],
  "metadata of another type": ({ meta }) => [["SET", meta, "text"]],
  "metadata that are no numbers": ({ meta }) => [["HSET", meta, "top", "nan"]],
  "an epoch of another form": ({ meta }) => [["HSET", meta, "epoch", "!"]],
};

withRedis("A channel in whose keys in Redis another program writes", () => {
  let redis: RedisServer;
  let one: TestGateway;
  let other: TestGateway;
  beforeAll(async () => {
    redis = await startRedis();
    const join = () =>
      startGateway({ broker: new RedisBroker({ url: redis.url }) });
    [one, other] = await Promise.all([join(), join()]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await redis.kill();
  });

  async function follow(
    target: TestGateway,
    channel: string,
    since?: string,
  ): Promise<WireClient> {
    const token = await tokenFor(target, [`${channel}/t`]);
    const options = { token, ...since === undefined ? {} : { since } };
    return (await connectReady(target, options)).client;
  }

  async function intrude(channel: string, intrusion: Intrusion): Promise<void> {
    for (const command of intrusion(channelKeys("tidings:", channel))) {
      await redis.command(...command);
    }
  }

  async function history(channel: string, since = "start") {
    const response = await fetch(
      address(other, "history", { channel, since, limit: "1000" }),
      { headers: { authorization: `Bearer ${other.signingKey}` } },
    );
    assertEquals(response.status, 200);
    const { messages, more, gap } = await response.json();
    return { data: messages.map(({ data }: Frame) => data), more, gap };
  }

  /** Publishes around an intrusion; returns the clients that follow from before and after it, and the ids. */
  async function play(channel: string, intrusion: Intrusion) {
    const live = await follow(one, channel);
    const ids = await publishAll(one, `${channel}/t`, [1, 2, 3]);
    await intrude(channel, intrusion);
    ids.push(...await publishAll(one, `${channel}/t`, [4, 5]));
    return { live, late: await follow(other, channel, "start"), ids };
  }

  function shown(frames: readonly Frame[]): unknown[] {
    return frames.map(({ kind, data }) => kind === "gap" ? kind : data);
  }

  for (const [what, intrusion] of Object.entries(LATER_ENTRIES)) {
    it(`shows one gap and all messages where the log has later entries ${what}`, async () => {
      const { live, late, ids } = await play(what, intrusion);
      const gap = { after: ids[2], before: ids[3] };
      for (const client of [live, late]) {
        await using _ = client;
        const frames = await client.take(6);
        assertEquals(shown(frames), [1, 2, 3, "gap", 4, 5]);
        assertEquals(frames[3]?.data, gap);
      }
      assertEquals(
        await history(what),
        { data: [1, 2, 3, 4, 5], more: false, gap },
      );
      assertEquals(await history(what, ids[3]), {
        data: [5],
        more: false,
        gap: undefined,
      });
    });
  }

  it("can be read before anything else is published, and continues after the gap", async () => {
    const channel = "read first";
    const ids = await publishAll(one, `${channel}/t`, [1, 2, 3]);
    await intrude(channel, ({ log }) => [["XADD", log, "*", "a", "b"]]);
    const { data, more } = await history(channel);
    assertEquals([data, more], [[1, 2, 3], false]);
    await using late = await follow(other, channel, ids[1]);
    ids.push(...await publishAll(other, `${channel}/t`, [4]));
    const frames = await late.take(3);
    assertEquals(shown(frames), [3, "gap", 4]);
    assertEquals(
      (await history(channel)).gap,
      { after: ids[2], before: ids[3] },
    );
  });

  it("stays readable where the number of entries shows nothing", async () => {
    const channel = "replaced";
    await publishAll(one, `${channel}/t`, [1, 2, 3]);
    await intrude(channel, ({ log }) => [
      ["EVAL"].concat(
        "redis.call('XDEL', KEYS[1], redis.call('XRANGE', KEYS[1], 2, 2)[1][1])",
        ["1", log],
      ),
      ["XADD", log, "*", "a", "b"],
    ]);
    assertEquals((await history(channel)).data, [1, 3]);
    await intrude(channel, ({ log }) => [["XADD", log, "*", "a", "b"]]);
    await publishAll(one, `${channel}/t`, [4]);
    await using late = await follow(other, channel, "start");
    assertEquals(shown(await late.take(5)), [1, "gap", 3, "gap", 4]);
    // A page of the history shows one gap.
    const page = await history(channel);
    assertEquals([page.data, page.more], [[1, 3], true]);
  });

  for (const [what, intrusion] of Object.entries(HARMLESS)) {
    it(`delivers every message without a gap despite ${what}`, async () => {
      const { live, late } = await play(what, intrusion);
      for (const client of [live, late]) {
        await using _ = client;
        assertEquals(shown(await client.take(5)), [1, 2, 3, 4, 5]);
      }
      const { status } = await postJson(one, {
        channel: what,
        topic: "t",
        body: "6",
      });
      assertEquals(status, 200);
    });
  }

  for (const [what, intrusion] of Object.entries(LOSSES)) {
    it(`begins a new epoch where it has ${what}`, async () => {
      const { live, late } = await play(what, intrusion);
      await using _ = live;
      await using __ = late;
      assertEquals(shown(await live.take(6)), [1, 2, 3, "gap", 4, 5]);
      assertEquals(shown(await late.take(2)), [4, 5]);
    });
  }

  it("goes on without its old messages where its log has another type", async () => {
    const set: Intrusion = ({ log }) => [["DEL", log], ["SET", log, "text"]];
    const { live, late } = await play("type", set);
    await using _ = live;
    await using __ = late;
    assertEquals(shown(await live.take(5)), [1, 2, 3, 4, 5]);
    assertEquals(shown(await late.take(2)), [4, 5]);
  });

  it("is reported by one warning of each gateway that reads it, without the content of the entry", async () => {
    await using log = await collectLog("warning");
    const { records } = log;
    const { live, late } = await play(
      "warned",
      ({ log }) => [["XADD", log, "*", "a", "the-content"]],
    );
    await live.take(6);
    await late.take(6);
    await history("warned");
    await Promise.all([live.close(), late.close()]);
    assertEquals(records.length, 2);
    for (const { level, message } of records) {
      assertEquals(level, "warning");
      const text = message.join("");
      assert(text.includes("warned") && !text.includes("the-content"), text);
    }
  });
});
