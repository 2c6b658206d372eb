import { assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { readAll, takeData } from "../../support/client/client.ts";
import {
  EPOCH,
  frame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { fakePage } from "../../support/client/fake_page.ts";
import { join, joined, states } from "../../support/client/joining.ts";

describe("A connection", () => {
  it("offers tidings.v1, authenticates the handshake, and sends the token in a frame", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, sub } = await joined(gateway);
    assertEquals(
      peer.protocols.split(/, ?/),
      ["tidings.v1", "tidings.auth.jwt"],
    );
    assertEquals(sub.data, { token: "jwt" });
    await subscription.close();
    await peer.closed;
  });

  it("shares one socket between subscriptions, until the last one leaves", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one, peer, sub } = await joined(gateway);
    const opening = join(gateway, {}, ["u"]);
    const second = await peer.accept();
    const two = await opening;
    assertNotEquals(sub.ref, second.ref);
    peer.send(frame(1, "a"), frame(2, "b", { topic: "u" }), frame(3, "c"));
    assertEquals(await takeData(one, 2), ["a", "c"]);
    assertEquals(await takeData(two, 1), ["b"]);
    await one.close();
    assertEquals((await peer.next("unsub")).ref, sub.ref);
    peer.send(frame(4, "d", { topic: "u" }));
    assertEquals(await takeData(two, 1), ["d"]);
    await two.close();
    await peer.closed;
    assertEquals(gateway.waiting, 0);
  });

  it("delivers nothing more to a closed subscription while others use it", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one, peer } = await joined(gateway);
    const opening = join(gateway);
    await peer.accept();
    const two = await opening;
    await one.close();
    assertEquals(await readAll(one.getJsonStream()), []);
    peer.send(frame(1, "a"));
    assertEquals(await takeData(two, 1), ["a"]);
    await two.close();
  });

  it("is not shared by a subscription with `multiplex: false`", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one } = await joined(gateway);
    const { subscription: two, peer } = await joined(gateway, {
      multiplex: false,
    });
    peer.send(frame(1, "a"));
    assertEquals(await takeData(two, 1), ["a"]);
    await one.close();
    await two.close();
  });

  it("answers pings", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send({ kind: "ping", data: {} });
    await peer.next("pong");
    await subscription.close();
  });

  it("reconnects with the ticket, and resumes from its position", async () => {
    await using gateway = await startFakeGateway();
    const { onState, reached } = states();
    const { subscription, peer, sub } = await joined(gateway, { onState });
    peer.send(frame(1, "a"), frame(2, "b"));
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    peer.terminate();
    await reached("waiting");
    const next = await gateway.peer();
    const again = await next.accept(2, { recovered: true });
    assertEquals(again.data, {
      token: `ticket-${sub.ref}`,
      since: `${EPOCH}-2`,
    });
    next.send(frame(2, "b"), frame(3, "c"));
    assertEquals(await takeData(subscription, 1), ["c"]);
    await subscription.close();
  });

  it("moves its position forward with pings while its topics are quiet", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send(
      { kind: "ping", data: { c: `${EPOCH}-40`, d: `${EPOCH}-50` } },
      { kind: "ping", data: { c: `${EPOCH}-30` } },
    );
    await peer.next("pong");
    peer.terminate();
    const sub = await (await gateway.peer()).next("sub");
    assertEquals(sub.data.since, `${EPOCH}-40`);
    await subscription.close();
  });

  it("ignores pings about other channels if its channel is named like a property of objects", async () => {
    await using gateway = await startFakeGateway();
    const opening = subscribe({
      channel: "constructor",
      topics: ["t"],
      key: "jwt",
      apiBaseUrl: gateway.url,
    });
    const peer = await gateway.peer();
    const { ref } = await peer.next("sub");
    const position = `${EPOCH}-7`;
    peer.send({
      kind: "ready",
      ref,
      data: {
        session: "s",
        ticket: "t",
        ping_interval_ms: 15_000,
        channels: [{ channel: "constructor", topics: ["t"], position }],
      },
    });
    await using _subscription = await opening;
    peer.send({ kind: "ping", data: { c: `${EPOCH}-40` } });
    await peer.next("pong");
    peer.terminate();
    const sub = await (await gateway.peer()).next("sub");
    assertEquals(sub.data.since, position);
  });

  it("ignores messages for others, older messages and unknown kinds", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway);
    peer.send(
      frame(1, "another channel", { channel: "d" }),
      frame(2, "another topic", { topic: "x" }),
      frame(3, "a"),
      frame(3, "again"),
      frame(2, "older"),
      { kind: "hologram" },
      frame(4, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    await subscription.close();
  });

  it("reports a malformed frame once, and continues", async () => {
    await using gateway = await startFakeGateway();
    const errors: RealtimeError[] = [];
    const { subscription, peer } = await joined(gateway, {
      onError: (error) => errors.push(error),
    });
    peer.raw("{");
    peer.raw("null\n" + JSON.stringify(frame(1, "a")));
    assertEquals(await takeData(subscription, 1), ["a"]);
    assertEquals(errors.map(({ code }) => code), [
      "invalid_json",
      "invalid_json",
    ]);
    await subscription.close();
  });

  it("reconnects after the time that the gateway asks for", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage({ document: false });
    const { onState, reached } = states();
    const { subscription, peer } = await joined(gateway, { onState });
    peer.send({
      kind: "closing",
      data: { reason: "draining", retry_after_ms: 1_000_000_000 },
    });
    peer.close(1012);
    await reached("waiting");
    page.dispatch("online");
    await (await gateway.peer()).accept();
    await subscription.close();
  });

  it("reconnects after a time between reconnectMin and reconnectMax", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway, {
      // The default of the first pause is at most 500 ms.
      reconnectMin: "600ms",
      reconnectMax: "600ms",
    });
    peer.terminate();
    await peer.closed;
    const start = performance.now();
    await (await gateway.peer()).accept();
    assertGreater(performance.now() - start, 500);
    await subscription.close();
  });

  it("is not shared by subscriptions with other pauses between attempts", async () => {
    await using gateway = await startFakeGateway();
    const { subscription: one } = await joined(gateway);
    const { subscription: two } = await joined(gateway, {
      reconnectMax: "1s",
    });
    await one.close();
    await two.close();
  });

  it("reconnects at once when the network is back", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage({ document: false });
    const { onState, reached } = states();
    const { subscription, peer } = await joined(gateway, { onState });
    page.dispatch("offline");
    await peer.closed;
    await reached("waiting");
    page.dispatch("online");
    await (await gateway.peer()).accept();
    await subscription.close();
  });

  it("reconnects when the gateway is silent for too long", async () => {
    await using gateway = await startFakeGateway();
    using page = fakePage();
    const { subscription, peer } = await joined(gateway);
    page.pass(24_000);
    page.dispatch("visibilitychange");
    peer.send(frame(1, "still here"));
    assertEquals(await takeData(subscription, 1), ["still here"]);
    page.pass(26_000);
    page.dispatch("visibilitychange");
    await (await gateway.peer()).accept(1);
    await subscription.close();
  });

  it("stays open for a moment in a page, for the next view", async () => {
    await using gateway = await startFakeGateway();
    using _page = fakePage();
    const { subscription, peer } = await joined(gateway);
    await subscription.close();
    await peer.next("unsub");
    const opening = join(gateway);
    await peer.accept();
    await (await opening).close();
    await peer.closed;
    assertEquals(gateway.waiting, 0);
  });

  it("can be closed while it is still connecting", async () => {
    await using gateway = await startFakeGateway();
    const controller = new AbortController();
    const opening = join(gateway, { signal: controller.signal });
    const peer = await gateway.peer();
    await peer.next("sub");
    controller.abort();
    const error = await opening.then(() => undefined, (error) => error);
    assertEquals(error.code, "aborted");
    await peer.closed;
  });
});
