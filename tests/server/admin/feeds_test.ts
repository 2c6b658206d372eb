import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  ADMIN_KEY,
  ask,
  type FeedEvent,
  openFeed,
} from "../../support/admin/admin.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { postJson, publish } from "../../support/wire/publish.ts";
import {
  connectReady,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

describe("the feeds of the admin API", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
  });
  afterAll(() => gateway.close());

  it("show every event to every reader, with the log's names, a time and the gateway", async () => {
    await using a = await openFeed(gateway, "events");
    await using b = await openFeed(gateway, "events");
    const token = await tokenFor(gateway, ["c/t"], { sub: "ann" });
    const { client, ready } = await connectReady(gateway, { token });
    await client.close();
    const ofA = [await a.next(), await a.next(), await a.next()];
    await handshake(gateway, { token: "a.b.c" });
    ofA.push(await a.next());
    const ofB: FeedEvent[] = [];
    while (ofB.length < ofA.length) ofB.push(await b.next());
    for (const events of [ofA, ofB]) {
      assertEquals(events.map(({ event }) => event), [
        "connected",
        "subscribed",
        "closed",
        "refused",
      ]);
      for (const { event, data } of events) {
        assertEquals(data.event, event);
        assertEquals(typeof data.gateway, "string");
        assert(Math.abs(Date.parse(String(data.time)) - Date.now()) < 60_000);
      }
      assertEquals(events[1]?.data.session, ready.session);
      assertEquals(events[2]?.data.code, 1000);
    }
  });

  it("show the messages of all channels, each once, as clients get them", async () => {
    await using feed = await openFeed(gateway, "messages");
    const id = await publish(gateway, "m1/t", { text: "héllo\n" });
    const request = { channel: "m2", topic: ["a", "b"], body: "2" };
    const headers = { "idempotency-key": "k" };
    const { ids } = await postJson(gateway, { ...request, headers });
    await postJson(gateway, { ...request, headers });
    const last = await publish(gateway, "m1/t", "end");
    const frames = [];
    while (frames.length < 4) frames.push(await feed.find("message"));
    assertEquals(frames.map((frame) => frame.id), [id, ...ids, last]);
    const { created_at, ...frame } = frames[0] ?? {};
    assertEquals(frame, {
      kind: "data",
      channel: "m1",
      topic: "t",
      data: { text: "héllo\n" },
      id,
    });
    assert(Date.parse(String(created_at)) > 0);
  });

  it("drop what a slow reader doesn't take, and tell how much that was", async () => {
    const hangUp = new AbortController();
    const { signal } = hangUp;
    // Node ends the body of a response that nothing holds.
    const response = await ask(gateway, "messages", { signal });
    const count = 160;
    const data = "x".repeat(100_000);
    for (let i = 0; i < count; i++) await publish(gateway, "slow/t", data);
    // Nothing was read until now. The sockets hold some, the gateway at most a little more than a megabyte.
    let text = "";
    let dropped = 0;
    let shown = 0;
    const decoder = new TextDecoder();
    const reader = response.body?.getReader();
    while (reader && shown + dropped < count) {
      const { value, done } = await reader.read();
      assertEquals(done, false);
      text += decoder.decode(value, { stream: true });
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const [, json] = /^event: dropped\ndata: (.*)$/.exec(part) ?? [];
        if (json !== undefined) dropped += JSON.parse(json).count;
        if (part.startsWith("event: message")) shown++;
      }
    }
    assertEquals(shown + dropped, count);
    assert(dropped > 0, `${shown} were shown`);
    hangUp.abort();
    await reader?.cancel().catch(() => undefined);
  });

  it("end with the gateway", async () => {
    const gateway = await startGateway({ adminKey: ADMIN_KEY });
    const response = await ask(gateway, "events");
    await gateway.close();
    const events = (await response.text()).match(/^event: .+$/gm);
    assertEquals(events, ["event: stopping", "event: drained"]);
  });

  it("are refused where too many read already", async () => {
    await using gateway = await startGateway({ adminKey: ADMIN_KEY });
    const feeds = [];
    for (let i = 0; i < 32; i++) feeds.push(await openFeed(gateway, "events"));
    const response = await ask(gateway, "messages");
    assertEquals(response.status, 429);
    await response.body?.cancel();
    for (const feed of feeds) await feed[Symbol.asyncDispose]();
  });
});
