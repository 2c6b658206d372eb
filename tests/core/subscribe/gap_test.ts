import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Realtime } from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  readAll,
  take,
  takeData,
} from "../../support/client/client.ts";
import {
  EPOCH,
  type FakeGateway,
  type FakePeer,
  frame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";
import { joined } from "../../support/client/joining.ts";

describe("A gap", () => {
  type Gap = Realtime.Subscribe.Gap;

  async function withGaps(
    gateway: FakeGateway,
  ): Promise<{ subscription: AnySubscription; peer: FakePeer; gaps: Gap[] }> {
    const gaps: Gap[] = [];
    const { subscription, peer } = await joined(gateway, {
      onGap: (gap) => gaps.push(gap),
    });
    return { subscription, peer, gaps };
  }

  function gap(after: string, before: string): object {
    return { kind: "gap", channel: "c", data: { after, before } };
  }

  it("is reported with its ids to a subscription that missed messages", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(
      frame(1, "a"),
      gap(`${EPOCH}-1`, `${EPOCH}-5`),
      frame(4, "lost"),
      frame(5, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    assertEquals(gaps, [
      { channel: "c", after: `${EPOCH}-1`, before: `${EPOCH}-5` },
    ]);
    await subscription.close();
  });

  it("is a sentence on the console where no callback is", async () => {
    const { warn } = console;
    const warnings: unknown[] = [];
    console.warn = (...args) => warnings.push(args);
    try {
      await using gateway = await startFakeGateway();
      const { subscription, peer } = await joined(gateway);
      peer.send(
        frame(1, "a"),
        gap(`${EPOCH}-1`, `${EPOCH}-5`),
        frame(5, "b"),
      );
      assertEquals(await takeData(subscription, 2), ["a", "b"]);
      await subscription.close();
    } finally {
      console.warn = warn;
    }
    const lost = `Messages of "c" were lost between ${EPOCH}-1 and ${EPOCH}-5`;
    assertEquals(warnings, [[lost]]);
  });

  it("is not reported to a subscription that is past it, or of another channel", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(
      frame(9, "a"),
      gap(`${EPOCH}-1`, `${EPOCH}-5`),
      { ...gap(`${EPOCH}-10`, `${EPOCH}-20`), channel: "d" },
      frame(10, "b"),
    );
    assertEquals(await takeData(subscription, 2), ["a", "b"]);
    assertEquals(gaps, []);
    await subscription.close();
  });

  it("is reported when the log was lost, and the new log follows", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(frame(7, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    peer.terminate();
    const next = await gateway.peer();
    await next.accept("newepoch-0", { recovered: false });
    next.send(
      gap(`${EPOCH}-7`, "newepoch-1"),
      frame(1, "b", { id: "newepoch-1" }),
    );
    assertEquals(await takeData(subscription, 1), ["b"]);
    assertEquals(gaps, [
      { channel: "c", after: `${EPOCH}-7`, before: "newepoch-1" },
    ]);
    await subscription.close();
  });

  it("is reported although the connection was lost before it arrived", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(frame(7, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    peer.terminate();
    const cut = await gateway.peer();
    await cut.accept("newepoch-0", { recovered: false });
    cut.terminate();
    const next = await gateway.peer();
    const { data } = await next.accept("newepoch-0", { recovered: false });
    assertEquals(Object(data).since, `${EPOCH}-7`);
    next.send(
      gap(`${EPOCH}-7`, "newepoch-1"),
      frame(1, "b", { id: "newepoch-1" }),
    );
    assertEquals(await takeData(subscription, 1), ["b"]);
    assertEquals(gaps.length, 1);
    await subscription.close();
  });

  it("is reported to a subscription that is ahead of a log that lost its end", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer, gaps } = await withGaps(gateway);
    peer.send(frame(7, "a"));
    assertEquals(await takeData(subscription, 1), ["a"]);
    peer.terminate();
    const next = await gateway.peer();
    await next.accept(4, { recovered: false });
    next.send(gap(`${EPOCH}-7`, `${EPOCH}-5`), frame(5, "b"));
    assertEquals(await takeData(subscription, 1), ["b"]);
    assertEquals(gaps.length, 1);
    await subscription.close();
  });

  it("ends the open data streams with an error", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await withGaps(gateway);
    peer.send(
      frame(1, "s", { kind: "datastream-start", stream_id: "s" }),
      frame(2, "x", { kind: "chunk", stream_id: "s" }),
    );
    const [start] = await take(subscription, 2);
    assertEquals(await take(start.stream, 1), ["x"]);
    peer.send(gap(`${EPOCH}-2`, `${EPOCH}-9`));
    const error = await readAll(start.stream).catch((error) => error);
    assertEquals(error.code, "unavailable");
    await subscription.close();
  });
});
