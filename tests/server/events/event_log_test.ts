import { getLogger } from "@logtape/logtape";
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { VERSION } from "../../../core/protocol/version.ts";
import { logEvents } from "../../../server/events/event_log.ts";
import { Events } from "../../../server/events/events.ts";
import { runtime } from "../../../server/runtimes/runtime.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../support/log.ts";
import { until } from "../../support/until.ts";
import { batch, postJson } from "../../support/wire/publish.ts";
import { revoke } from "../../support/wire/revoke.ts";
import { connectSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

describe("the log of a gateway's events", () => {
  it("has a client's connection from its beginning to its end", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t", "c/u"], { sub: "ann" });
    const { client, ready } = await connectReady(gateway, { token });
    const facts = {
      session: ready.session,
      transport: "websocket",
      protocol: "tidings.v1",
      address: "127.0.0.1",
      origin: undefined,
    };
    await revoke(gateway, { subject: "ann" });
    await client.closed;
    await until(() => eventsIn(log, "closed").length === 1);

    assertEquals(eventsIn(log, "connected"), [
      { event: "connected", subject: undefined, ...facts },
    ]);
    const [subscribed] = eventsIn(log, "subscribed");
    assertEquals(subscribed, {
      event: "subscribed",
      channel: "c",
      topics: ["t", "u"],
      position: ready.channels[0]?.position,
      subject: "ann",
      ...facts,
    });
    const [refused] = eventsIn(log, "refused");
    assertEquals([refused?.code, refused?.error], [4403, "forbidden"]);
    const [closed] = eventsIn(log, "closed");
    assertEquals([closed?.code, closed?.reason], [4403, refused?.reason]);
    assertEquals(closed?.subject, "ann");
  });

  it("has the close code of a client that leaves", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const client = await connectWire(gateway, { token });
    await client.close();
    await until(() => eventsIn(log, "closed").length === 1);
    const sse = await connectSse(gateway, { token });
    await sse[Symbol.asyncDispose]();
    await until(() => eventsIn(log, "closed").length === 2);
    assertEquals(
      eventsIn(log, "closed").map(({ transport, protocol, code }) => [
        transport,
        protocol,
        code,
      ]),
      [["websocket", "plain", 1000], ["sse", "plain", 1001]],
    );
  });

  it("has each refusal, with its sentence, its status or close code, and where it came from", async () => {
    await using log = await collectLog("info");
    const origin = "https://other.example";
    await using gateway = await startGateway({
      allowedOrigins: ["https://app.example"],
    });
    const token = await tokenFor(gateway, ["c/t"]);
    const message = { channel: "c", topic: "t", body: "1" };
    await postJson(gateway, { ...message, bearer: "wrong" });
    await handshake(gateway, { token, headers: { origin } });
    await handshake(gateway, { token: "a.b.c" });
    const { client } = await connectReady(gateway, { token });
    await client.subscribe("a.b.c", "1");
    await client.error();
    await client.close();
    const refusals = eventsIn(log, "refused");
    assertEquals(refusals.map(({ code, error }) => [code, error]), [
      [401, "unauthenticated"],
      [403, "forbidden"],
      [401, "invalid_token"],
      [4401, "invalid_token"],
    ]);
    assertEquals(refusals[1]?.origin, origin);
    assertEquals(refusals.map(({ address }) => address), [
      "127.0.0.1",
      "127.0.0.1",
      "127.0.0.1",
      "127.0.0.1",
    ]);
  });

  it("has a request for a route that does not exist, without its query", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const response = await fetch(new URL("/realtime?token=t", gateway.url));
    assertEquals(response.status, 404);
    await response.body?.cancel();
    assertEquals(
      eventsIn(log, "refused").map(({ code, error, reason }) => [
        code,
        error,
        reason,
      ]),
      [[404, "not_found", "Cannot GET /realtime: there is no such route"]],
    );
  });

  it("tells at most 10 refusals of a kind in a second", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    for (let i = 0; i < 100; i++) {
      const message = { channel: "c", topic: "t", body: "1" };
      const { status } = await postJson(gateway, { ...message, bearer: "no" });
      assertEquals(status, 401);
    }
    // The requests may be spread over a few seconds, hardly over ten.
    const told = eventsIn(log, "refused").length;
    assertEquals(told >= 10 && told < 100, true);
  });

  it("says that the gateway stops, and when its clients have left", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await gateway.gateway.drain({ spread: "1ms" });
    await client.closed;
    assertEquals(
      log.records.map(({ properties: { event, connections } }) => [
        event,
        connections,
      ]),
      [["started", undefined], ["stopping", 1], ["drained", 0]],
    );
  });

  it("says where the gateway listens, on what, and with which limits", async () => {
    await using log = await collectLog("info");
    await using gateway = await startGateway({ maxSubscriptions: 7 });
    const [started] = eventsIn(log, "started");
    assertEquals(started, {
      event: "started",
      version: VERSION,
      runtime: (await runtime()).name,
      broker: "memory",
      url: gateway.url,
      dev: false,
      allowed_origins: "*",
      limits: {
        message_bytes: 524288,
        subscriptions: 7,
        inbound_rate: 100,
        publish_rate: 100,
        queue_bytes: 1048576,
      },
    });
  });

  it("has each message that was published, with its size and the way it came", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    const { client } = await connectReady(gateway, { token });
    const { ids } = await postJson(gateway, {
      channel: "c",
      topic: ["t", "u"],
      body: '"ü"',
    });
    await postJson(gateway, {
      channel: "c",
      topic: "t",
      body: "a piece",
      headers: { "content-type": "text/stream" },
    });
    const line = { channel: "c", topic: "t", data: 1 };
    await batch(gateway, [line]);
    client.send({ kind: "publish", channel: "c", topic: "t", data: 2 });
    await until(() => eventsIn(log, "published").length === 7);
    const published = eventsIn(log, "published");
    assertEquals(
      published.slice(0, 2),
      ["t", "u"].map((topic, index) => ({
        event: "published",
        channel: "c",
        topic,
        id: ids[index],
        bytes: 4,
        via: "http",
      })),
    );
    assertEquals(
      published.slice(2).map(({ topic, via }) => [topic, via]),
      [
        ["t", "stream"],
        ["t", "stream"],
        ["t", "stream"],
        ["t", "batch"],
        ["t", "websocket"],
      ],
    );
  });

  it("builds no event of a message that nobody wants to know of", async () => {
    await using log = await collectLog("info");
    const events = new Events();
    logEvents(events, getLogger(["tidings", "gateway"]), false);
    assertEquals(events.wants("published"), false);
    const seen: unknown[] = [];
    const stop = events.listen((event) => seen.push(event));
    assertEquals(events.wants("published"), true);
    stop();
    assertEquals([events.wants("published"), log.records], [false, []]);
    assertEquals(events.wants("refused"), true);
  });
});
