import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { VERSION } from "../../../core/protocol/version.ts";
import type {
  ChannelDetail,
  ChannelList,
  Overview,
  SessionDetail,
  SessionList,
} from "../../../server/admin/answers.ts";
import {
  ADMIN_KEY,
  answer,
  openFeed,
  statusOf,
} from "../../support/admin/admin.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { publish, publishAll } from "../../support/wire/publish.ts";
import { connectSse } from "../../support/wire/sse.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

describe("the admin API of one gateway", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
  });
  afterAll(() => gateway.close());

  it("has an overview of the gateway, its broker and what is in use", async () => {
    const token = await tokenFor(gateway, ["over/t", "view/t"]);
    const { client } = await connectReady(gateway, { token });
    const overview = await answer<Overview>(gateway, "overview");
    assertEquals(overview.connections, 1);
    assertEquals(overview.channels, 2);
    assertEquals(overview.broker, { name: "memory", ok: true });
    assertEquals(overview.version, VERSION);
    const { gateways: [own, ...others] } = overview;
    assertEquals(others, []);
    assertEquals(own?.self, true);
    assertEquals(own?.answered, true);
    assertEquals(own?.url, gateway.url);
    assertEquals([own?.connections, own?.channels], [1, 2]);
    assertEquals(own?.draining, false);
    await client.close();
    await until(async () =>
      (await answer<Overview>(gateway, "overview")).connections === 0
    );
  });

  it("has a channel with its topics, subscribers, rate, log and last message", async () => {
    const token = await tokenFor(gateway, ["detail/a", "detail/b"]);
    const { client } = await connectReady(gateway, { token });
    const ids = await publishAll(gateway, "detail/a", [1, 2, 3]);
    ids.push(await publish(gateway, "detail/c", "four"));
    const channel = await answer<ChannelDetail>(gateway, "channels/detail");
    assertEquals(channel.name, "detail");
    assertEquals(channel.subscribers, 1);
    assertEquals(channel.rate, 0.4);
    // Nobody follows this topic, which is why nobody gets its message.
    assertEquals(channel.topics, [
      { name: "a", subscribers: 1 },
      { name: "b", subscribers: 1 },
      { name: "c", subscribers: 0 },
    ]);
    assertEquals(channel.log?.messages, 4);
    assertEquals(channel.log?.position, ids[3]);
    const { id, topic, kind, created_at } = channel.last_message ?? {};
    assertEquals([id, topic, kind], [ids[3], "c", "data"]);
    assert(Math.abs(Date.parse(created_at ?? "") - Date.now()) < 5_000);
    await client.close();
  });

  it("lists a channel that nobody follows as soon as something is published to it", async () => {
    await publish(gateway, "curl/t", "hello");
    const { channels } = await answer<ChannelList>(gateway, "channels");
    const curl = channels.find(({ name }) => name === "curl");
    assertEquals(curl?.subscribers, 0);
    assertEquals(curl?.topics, [{ name: "t", subscribers: 0 }]);
  });

  it("describes a session by its facts, its subscriptions and how far it is behind", async () => {
    const token = await tokenFor(gateway, ["s/t", "s/u"], { sub: "ann" });
    const { client, ready } = await connectReady(gateway, { token });
    const id = await publish(gateway, "s/t", 1);
    await client.next();
    const path = `sessions/${ready.session}`;
    const { since, last_heard, gateways, gateway: at, ...rest } = await answer<
      SessionDetail
    >(gateway, path);
    assertEquals(rest, {
      id: ready.session,
      state: "live",
      transport: "websocket",
      protocol: "tidings.v1",
      subject: "ann",
      address: "127.0.0.1",
      subscriptions: [
        { channel: "s", topics: ["t", "u"], position: id, behind: 0 },
      ],
      subscription_count: 1,
      behind: 0,
      queued_bytes: 0,
    });
    assertEquals(gateways.map(({ id }) => id), [at]);
    assert(Math.abs(Date.parse(since) - Date.now()) < 60_000);
    assert(Date.parse(last_heard ?? "") >= Date.parse(since) - 1_000);
    await client.close();
  });

  it("lists sessions by channel and by subject", async () => {
    const connect = async (channel: string, sub: string) => {
      const token = await tokenFor(gateway, [`${channel}/t`], { sub });
      return await connectSse(gateway, { token, v1: true });
    };
    const clients = [
      await connect("by-1", "eve"),
      await connect("by-2", "eve"),
      await connect("by-1", "bob"),
    ];
    for (const client of clients) await client.ready();
    const subjects = async (query: string) => {
      const path = `sessions?${query}`;
      const { sessions, total } = await answer<SessionList>(gateway, path);
      assertEquals(total, sessions.length);
      return sessions.map(({ subject, transport, subscriptions }) =>
        [subject, transport, subscriptions[0]?.channel].join(" ")
      );
    };
    assertEquals(await subjects("channel=by-1"), [
      "bob sse by-1",
      "eve sse by-1",
    ]);
    assertEquals(await subjects("subject=eve"), [
      "eve sse by-2",
      "eve sse by-1",
    ]);
    assertEquals(await subjects("subject=eve&channel=by-1"), ["eve sse by-1"]);
    assertEquals(await subjects("subject=nobody"), []);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it("ends a session with 4403, and tells who watches", async () => {
    const token = await tokenFor(gateway, ["end/t"]);
    const { client, ready } = await connectReady(gateway, { token });
    await using feed = await openFeed(gateway, "events");
    const path = `sessions/${ready.session}`;
    const status = await statusOf(gateway, path, { method: "DELETE" });
    assertEquals(status, 204);
    const { code } = await client.closed;
    assertEquals(code, 4403);
    const closed = await feed.find("closed");
    assertEquals([closed.session, closed.code], [ready.session, 4403]);
    assertEquals(closed.reason, "An operator ended the session");
    assertEquals(await statusOf(gateway, path), 404);
  });
});
