import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import { InMemoryServerCache } from "@mastra/core/cache";
import {
  CachingPubSub,
  type Event,
  isLeaseProvider,
  PubSub,
} from "@mastra/core/events";
import { RealtimePubSub } from "../../../ai/adapters/mastra.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { setGlobals } from "../../support/globals.ts";
import { until } from "../../support/until.ts";

/** Subscribes to a topic, and ends the subscription with the test. */
class Listener {
  readonly events: Event[] = [];
  readonly #leave: () => Promise<void>;
  readonly add = (event: Event): void => {
    this.events.push(event);
  };

  constructor(pubsub: PubSub, topic: string) {
    this.#leave = () => pubsub.unsubscribe(topic, this.add);
  }

  get data(): unknown[] {
    return this.events.map(({ data }) => data);
  }

  get indexes(): unknown[] {
    return this.events.map(({ index }) => index);
  }

  /** Waits for so many events. */
  async has(count: number): Promise<void> {
    await until(() => this.events.length >= count);
  }

  async leave(): Promise<void> {
    await this.#leave();
  }
}

describe("RealtimePubSub", () => {
  let gateway: TestGateway;
  /** The events as two processes have them. */
  let pubsub: RealtimePubSub;
  let other: RealtimePubSub;
  const listeners: Listener[] = [];

  beforeAll(async () => {
    gateway = await startGateway();
    pubsub = new RealtimePubSub(appOf(gateway));
    other = new RealtimePubSub(appOf(gateway));
  });
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.leave();
  });
  afterAll(() => gateway.close());

  function listener(of: PubSub, topic: string): Listener {
    const made = new Listener(of, topic);
    listeners.push(made);
    return made;
  }

  function publish(
    to: PubSub,
    topic: string,
    ...data: unknown[]
  ): Promise<unknown> {
    return Promise.all(
      data.map((data) =>
        to.publish(topic, { type: "told", runId: "run", data })
      ),
    );
  }

  it("delivers the events of a topic to the subscribers of each process, in order", async () => {
    const [here, there] = [listener(pubsub, "a"), listener(other, "a")];
    await pubsub.subscribe("a", here.add);
    await other.subscribe("a", there.add);
    await publish(pubsub, "a", 1, { two: [2] }, null);
    await publish(other, "b", "not this one");
    await publish(other, "a", "last");
    await Promise.all([here.has(4), there.has(4)]);
    assertEquals(here.data, [1, { two: [2] }, null, "last"]);
    assertEquals(here.indexes, [0, 1, 2, 3]);
    assertEquals(there.events, here.events);
    const [first] = here.events;
    assertEquals([first?.type, first?.runId], ["told", "run"]);
    assertEquals(first?.createdAt instanceof Date, true);
    assertEquals(new Set(here.events.map(({ id }) => id)).size, 4);
  });

  it("replays from the start, from an index, or not at all", async () => {
    await publish(pubsub, "replay", "a", "b", "c");
    const all = listener(other, "replay");
    const rest = listener(other, "replay");
    const later = listener(other, "replay");
    const live = listener(other, "replay");
    await other.subscribeWithReplay("replay", all.add);
    await other.subscribeFromOffset("replay", 2, rest.add);
    await other.subscribeFromOffset("replay", 4, later.add);
    await other.subscribe("replay", live.add, { startFrom: "latest" });
    await publish(pubsub, "replay", "d", "e");
    await Promise.all([all.has(5), rest.has(3), later.has(1), live.has(2)]);
    assertEquals(all.data, ["a", "b", "c", "d", "e"]);
    assertEquals(rest.data, ["c", "d", "e"]);
    assertEquals([later.data, later.indexes], [["e"], [4]]);
    assertEquals(live.data, ["d", "e"]);
    assertEquals(pubsub.supportsOffsets, true);
  });

  it("returns the history", async () => {
    assertEquals(await other.getHistory("history"), []);
    await publish(pubsub, "history", "a", "b", "c");
    const history = await other.getHistory("history");
    assertEquals(history.map(({ data }) => data), ["a", "b", "c"]);
    assertEquals(await other.getHistory("history", 1), history.slice(1));
    assertEquals(await other.getHistory("history", 3), []);
    await pubsub.clearTopic("history");
  });

  it("ends a subscription, and no other one", async () => {
    const [gone, staying] = [
      listener(other, "leave"),
      listener(other, "leave"),
    ];
    await other.subscribe("leave", gone.add);
    await other.subscribe("leave", staying.add);
    await publish(pubsub, "leave", "a");
    await Promise.all([gone.has(1), staying.has(1)]);
    await gone.leave();
    await publish(pubsub, "leave", "b");
    await staying.has(2);
    assertEquals(gone.data, ["a"]);
    await other.unsubscribe("nowhere", gone.add);
  });

  it("keeps local events in the process", async () => {
    const [here, there] = [listener(pubsub, "local"), listener(other, "local")];
    await pubsub.subscribe("local", here.add);
    await other.subscribe("local", there.add);
    const big = "x".repeat(2_000_000);
    const event = { type: "told", runId: "run", data: big };
    await pubsub.publish("local", event, { localOnly: true });
    await pubsub.publish("workflow.events.v2.run", event);
    await publish(pubsub, "local", "for all");
    await Promise.all([here.has(2), there.has(1)]);
    assertEquals(here.data, [big, "for all"]);
    assertEquals(there.data, ["for all"]);
    assertEquals(await pubsub.getHistory("workflow.events.v2.run"), []);
  });

  it("reports a subscriber that fails, and goes on", async () => {
    const errors: unknown[] = [];
    const restore = setGlobals({
      console: Object.create(console, {
        error: { value: (...told: unknown[]) => errors.push(told) },
      }),
    });
    try {
      const seen: unknown[] = [];
      const failing = async ({ data }: Event): Promise<void> => {
        seen.push(data);
        await Promise.reject(new Error("no"));
      };
      await pubsub.subscribe("failing", failing);
      await publish(pubsub, "failing", "a", "b");
      await until(() => errors.length === 2);
      await pubsub.unsubscribe("failing", failing);
      assertEquals(seen, ["a", "b"]);
    } finally {
      restore();
    }
  });

  it("waits in flush() for what is being published", async () => {
    const published = publish(pubsub, "flush", "a", "b");
    await pubsub.flush();
    assertEquals((await other.getHistory("flush")).length, 2);
    await published;
  });

  it("refuses consumer groups, and has neither leases nor batches", async () => {
    const { code, message } = await assertRejects(
      () => pubsub.subscribe("jobs", () => {}, { group: "workers" }),
      RealtimeError,
    );
    assertEquals(code, "invalid_argument");
    assertEquals(
      message,
      'Cannot subscribe to "jobs" in the group "workers": consumer groups are not supported',
    );
    assertEquals(isLeaseProvider(pubsub), false);
    assertEquals(pubsub.supportsNativeBatching, false);
    assertEquals(pubsub instanceof PubSub, true);
  });

  it("rejects what the gateway refuses", async () => {
    const wrong = new RealtimePubSub(
      appOf({ ...gateway, signingKey: `signkey-test-${"f".repeat(64)}` }),
    );
    await assertRejects(() => publish(wrong, "a", 1), RealtimeError);
    await assertRejects(() => wrong.subscribe("a", () => {}), RealtimeError);
    await assertRejects(() => wrong.getHistory("a"), RealtimeError);
  });

  it("has room for more topics than a connection", async () => {
    const many = Array.from(
      { length: 140 },
      (_, i) => listener(other, `m${i}`),
    );
    await Promise.all(
      many.map(({ add }, i) => other.subscribe(`m${i}`, add)),
    );
    await Promise.all(many.map((_, i) => publish(pubsub, `m${i}`, i)));
    await Promise.all(many.map((each) => each.has(1)));
    assertEquals(many.map(({ data }) => data[0]), [...many.keys()]);
  });

  it("keeps the indexes of a CachingPubSub around it", async () => {
    const cache = new InMemoryServerCache();
    const cached = new CachingPubSub(pubsub, cache);
    await publish(cached, "cached", "a", "b");
    const seen = listener(cached, "cached");
    await cached.subscribeFromOffset("cached", 1, seen.add);
    await publish(cached, "cached", "c");
    await seen.has(2);
    assertEquals([seen.data, seen.indexes], [["b", "c"], [1, 2]]);
    await cache.clear();
  });

  it("keeps events in a database while the gateway is restarted", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    await using proxy = await startProxy(first.url);
    const app = appOf({ ...first, url: proxy.url });
    const pubsub = new RealtimePubSub(app);
    const seen = listener(pubsub, "run");
    await pubsub.subscribe("run", seen.add);
    await publish(pubsub, "run", "a");
    await seen.has(1);
    proxy.cut();
    await first.close();
    await using second = await startGateway({ broker: await folder.open() });
    proxy.lead(second.url);
    await publish(pubsub, "run", "b");
    await seen.has(2);
    assertEquals([seen.data, seen.indexes], [["a", "b"], [0, 1]]);
    assertEquals((await pubsub.getHistory("run")).length, 2);
    await seen.leave();
  });
});
