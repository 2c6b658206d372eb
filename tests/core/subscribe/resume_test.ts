import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { Realtime } from "../../../core/types/realtime.ts";
import { MemoryBroker } from "../../../server/brokers/memory.ts";
import {
  appOf,
  open,
  publishAll,
  signal,
  takeData,
} from "../../support/client/client.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { type Proxy, startProxy } from "../../support/gateway/proxy.ts";

type Gap = Realtime.Subscribe.Gap;

/** Makes a listener, and a promise that resolves when a state is reached for the nth time. */
function reach(
  wanted: string,
  times = 1,
): { onState: (state: string) => void; reached: Promise<void> } {
  const { promise, resolve } = signal();
  let count = 0;
  return {
    onState: (state) => {
      if (state === wanted && ++count === times) resolve();
    },
    reached: promise,
  };
}

for (const transport of ["websocket", "sse"] as const) {
  describe(`A subscription by ${transport} whose network fails`, () => {
    it("delivers the missed messages, once and in order", async () => {
      await using gateway = await startGateway();
      await using proxy = await startProxy(gateway.url);
      const { onState, reached } = reach("waiting");
      await using subscription = await open(
        gateway,
        { transport, onState },
        proxy.url,
      );
      await publishAll(gateway, 1, 2);
      assertEquals(await takeData(subscription, 2), [1, 2]);
      proxy.cut();
      await reached;
      await publishAll(gateway, 3, 4);
      proxy.lead(gateway.url);
      await publishAll(gateway, 5);
      assertEquals(await takeData(subscription, 3), [3, 4, 5]);
    });

    it("loses, repeats and reorders nothing over many lost connections", async () => {
      await using gateway = await startGateway();
      await using proxy = await startProxy(gateway.url);
      await using subscription = await open(gateway, { transport }, proxy.url);
      const count = 300;
      const published = publishWhileCut(proxy, gateway, count);
      const expected = Array.from({ length: count }, (_, i) => i);
      assertEquals(await takeData(subscription, count), expected);
      await published;
    });

    it("reports the messages that the log no longer has", async () => {
      const broker = new MemoryBroker({ historySize: 3 });
      await using gateway = await startGateway({ broker });
      await using proxy = await startProxy(gateway.url);
      const gaps: Gap[] = [];
      const { onState, reached } = reach("waiting");
      await using subscription = await open(gateway, {
        transport,
        onState,
        onGap: (gap) => gaps.push(gap),
      }, proxy.url);
      const [first] = await publishAll(gateway, 0);
      assertEquals(await takeData(subscription, 1), [0]);
      proxy.cut();
      await reached;
      const ids = await publishAll(gateway, 1, 2, 3, 4, 5);
      proxy.lead(gateway.url);
      assertEquals(await takeData(subscription, 3), [3, 4, 5]);
      assertEquals(gaps, [{ channel: "c", after: first, before: ids[2] }]);
    });

    it("reports that the log was lost with its gateway, and continues", async () => {
      const gaps: Gap[] = [];
      const lost = await startGateway();
      await using proxy = await startProxy(lost.url);
      const { onState, reached } = reach("open", 2);
      await using subscription = await open(lost, {
        transport,
        onState,
        onGap: (gap) => gaps.push(gap),
      }, proxy.url);
      const [last] = await publishAll(lost, "old");
      assertEquals(await takeData(subscription, 1), ["old"]);
      proxy.cut();
      await lost.close();
      await using gateway = await startGateway();
      const [next] = await publishAll(gateway, "new");
      proxy.lead(gateway.url);
      assertEquals(await takeData(subscription, 1), ["new"]);
      await reached;
      assertEquals(gaps, [{ channel: "c", after: last, before: next }]);
    });
  });
}

/** Publishes numbers, and cuts the proxy's connections from time to time. */
async function publishWhileCut(
  proxy: Proxy,
  gateway: { url: string; signingKey: string },
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await publishAll(gateway, i);
    if (i % 60 === 30) {
      proxy.cut();
      proxy.lead(gateway.url);
    }
  }
}

describe("A subscription that is not read", () => {
  const size = 40;

  for (const transport of ["websocket", "sse"] as const) {
    it(`pauses, and resumes without a loss when it is read, by ${transport}`, async () => {
      await using gateway = await startGateway();
      await using subscription = await open(gateway, {
        transport,
        maxUnread: 2_000,
      });
      const expected = Array.from({ length: size }, (_, i) => `${i}`);
      await publishAll(gateway, ...expected);
      assertEquals(await takeData(subscription, size), expected);
      await publishAll(gateway, "more");
      assertEquals(await takeData(subscription, 1), ["more"]);
    });
  }

  it("does not delay other subscriptions of its connection", async () => {
    await using gateway = await startGateway();
    await using idle = await open(gateway, { maxUnread: 2_000 });
    await using reading = await open(gateway, { maxUnread: 2_000 });
    const expected = Array.from({ length: size }, (_, i) => i);
    const taken = takeData(reading, size);
    await publishAll(gateway, ...expected);
    assertEquals(await taken, expected);
    assertEquals(await takeData(idle, size), expected);
  });

  it("reports the messages that the log no longer has when it resumes", async () => {
    const broker = new MemoryBroker({ historySize: 5 });
    await using gateway = await startGateway({ broker });
    const gaps: Gap[] = [];
    await using subscription = await open(gateway, {
      maxUnread: 2_000,
      onGap: (gap) => gaps.push(gap),
    });
    const expected = Array.from({ length: size }, (_, i) => i);
    const ids = await publishAll(gateway, ...expected);
    const first = await takeData(subscription, 1);
    const reader = subscription.getReader();
    const seen = [...first];
    while (seen.at(-1) !== size - 1) {
      const { value } = await reader.read();
      seen.push(value?.data);
    }
    reader.releaseLock();
    assert(seen.length < size);
    assertEquals(gaps.length, 1);
    // The gap covers exactly the messages that were not delivered.
    const lost = ids.slice(
      ids.indexOf(gaps[0]?.after ?? "") + 1,
      ids.indexOf(gaps[0]?.before ?? ""),
    );
    assertEquals(lost.length + seen.length, size);
  });

  it("resumes after messages that are all invalid", async () => {
    await using gateway = await startGateway();
    const numbers = channel("c").addTopic(topic("t").schema(z.number()));
    const errors: RealtimeError[] = [];
    await using subscription = await subscribe(
      { app: appOf(gateway), channel: numbers(), topics: ["t"] },
      { maxUnread: 2_000, onError: (error) => errors.push(error) },
    );
    const taken = takeData(subscription, 1);
    await publishAll(gateway, ...Array.from({ length: size }, () => "no"), 1);
    assertEquals(await taken, [1]);
    assertEquals(errors.length, size);
  });
});
