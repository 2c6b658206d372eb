import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { NewMessage } from "../../../server/brokers/broker.ts";
import {
  MemoryBroker,
  type MemoryBrokerOptions,
} from "../../../server/brokers/memory.ts";

function message(data: unknown, topic = "t"): NewMessage {
  return { topic, kind: "data", head: `{"data":${JSON.stringify(data)}` };
}

/** Makes a broker with a clock that the test moves. */
function createBroker(options: MemoryBrokerOptions = {}) {
  const clock = { now: 0 };
  const broker = new MemoryBroker({ now: () => clock.now, ...options });
  return { broker, clock };
}

async function offsetsIn(
  broker: MemoryBroker,
  channel: string,
): Promise<number[]> {
  const { entries } = await broker.read(channel, 0, 1e6, 1e9);
  return entries.map(({ offset }) => offset);
}

describe("MemoryBroker", () => {
  it("appends the messages of one publish next to each other, and notifies its listener in order", async () => {
    const { broker } = createBroker();
    await broker.publish("c", [message(1)]);
    const heard: number[] = [];
    const state = await broker.subscribe("c", {
      entry: (epoch, { offset }) => {
        assertEquals(epoch, state.epoch);
        heard.push(offset);
      },
      moved: () => {},
    });
    const ids = await broker.publish("c", [message(2), message(3)]);
    await broker.publish("d", [message("another channel")]);
    assertEquals(state.offset, 1);
    assertEquals(ids, [`${state.epoch}-2`, `${state.epoch}-3`]);
    assertEquals(heard, [2, 3]);
    broker.unsubscribe("c");
    await broker.publish("c", [message(4)]);
    assertEquals(heard, [2, 3]);
    await broker.close();
  });

  it("tells how much its logs hold", () => {
    const { broker, clock } = createBroker({ historySize: 2, historyTtl: 60 });
    assertEquals(broker.usage(), { messages: 0, bytes: 0 });
    broker.publish("c", [message(1), message(2), message(3)]);
    broker.publish("d", [message(1)]);
    const { messages, bytes } = broker.usage();
    // Each takes its text and some 200 bytes.
    assertEquals([messages, bytes > 600 && bytes < 1000], [3, true]);
    clock.now = 61_000;
    broker.publish("d", [message(2)]);
    assertEquals(broker.usage().messages, 3);
    return broker.close();
  });

  it("makes a new epoch after its log was lost", async () => {
    const { broker } = createBroker();
    const [first] = await broker.publish("c", [message(1)]);
    await broker.close();
    const [second] = await broker.publish("c", [message(1)]);
    assertNotEquals(first?.slice(0, 8), second?.slice(0, 8));
    await broker.close();
  });

  it("keeps as many messages as historySize says", async () => {
    const { broker } = createBroker({ historySize: 3 });
    for (let i = 0; i < 10; i++) await broker.publish("c", [message(i)]);
    assertEquals(await offsetsIn(broker, "c"), [8, 9, 10]);
    await broker.close();
  });

  it("keeps as many bytes as historyBytes says", async () => {
    const { broker } = createBroker({ historyBytes: 3000 });
    for (let i = 0; i < 10; i++) {
      await broker.publish("c", [message("x".repeat(700))]);
    }
    assertEquals(await offsetsIn(broker, "c"), [8, 9, 10]);
    await broker.close();
  });

  it("keeps messages as long as historyTtl says, whether or not more are published", async () => {
    const { broker, clock } = createBroker({ historyTtl: 10 });
    await broker.publish("c", [message(1)]);
    clock.now = 4_000;
    await broker.publish("c", [message(2)]);
    clock.now = 9_999;
    assertEquals(await offsetsIn(broker, "c"), [1, 2]);
    clock.now = 10_000;
    assertEquals(await offsetsIn(broker, "c"), [2]);
    const { offset } = await broker.before("c", new Set(["t"]), 5);
    assertEquals(offset, 1);
    clock.now = 14_000;
    assertEquals(await offsetsIn(broker, "c"), []);
    const { top, first } = await broker.read("c", 0, 1, 1);
    assertEquals([top, first], [2, 3]);
    await broker.close();
  });

  it("remembers an idempotency key as long as keyTtl says, for its channel", async () => {
    const { broker, clock } = createBroker({ keyTtl: "1s" });
    const first = await broker.publish("c", [message(1), message(2)], "k");
    clock.now = 999;
    assertEquals(await broker.publish("c", [message(3)], "k"), first);
    const other = await broker.publish("d", [message(3)], "k");
    assertNotEquals(other[0]?.slice(0, 8), first[0]?.slice(0, 8));
    clock.now = 1000;
    const again = await broker.publish("c", [message(4)], "k");
    assertEquals(again[0]?.slice(8), "-3");
    assertEquals(await broker.publish("c", [message(5)], "k"), again);
    await broker.close();
  });

  it("remembers each idempotency key for the time that its publisher asks for", async () => {
    const { broker, clock } = createBroker({ keyTtl: "1s" });
    const seconds = [1, 3, 2, 600, 90, 86_400];
    const ids: (readonly string[])[] = [];
    for (const ttl of seconds) {
      ids.push(await broker.publish("c", [message(1)], `${ttl}`, ttl * 1000));
    }
    for (const now of [999, 1000, 2500, 90_000, 599_999, 86_399_999]) {
      clock.now = now;
      for (const [index, ttl] of seconds.entries()) {
        if (now >= ttl * 1000) continue;
        const again = await broker.publish("c", [message(2)], `${ttl}`);
        assertEquals(again, ids[index]);
      }
    }
    clock.now = 86_400_000;
    for (const ttl of seconds) {
      const [id = ""] = await broker.publish("c", [message(2)], `${ttl}`);
      assert(Number(id.slice(9)) > seconds.length, `${ttl} s`);
    }
    await broker.close();
  });

  it("forgets the oldest idempotency keys early, whatever times their publishers ask for", async () => {
    const { broker } = createBroker({ memoryBudget: 40_000, historySize: 1 });
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    const ids: (readonly string[])[] = [];
    const ttlOf = (index: number) => [60_000, 600_000, 86_400_000][index % 3];
    for (const [index, key] of keys.entries()) {
      const ttl = ttlOf(index);
      ids.push(await broker.publish("c", [message(1)], key, ttl));
    }
    // Counted are 140 bytes a key, and its text.
    const known = Math.floor(20_000 / (140 + "c\nkey 499".length));
    for (let index = keys.length - known; index < keys.length; index++) {
      const again = await broker.publish("c", [message(2)], keys[index]);
      assertEquals(again, ids[index]);
    }
    const forgotten = keys.length - known - 1;
    const again = await broker.publish("c", [message(2)], keys[forgotten]);
    assertNotEquals(again, ids[forgotten]);
    await broker.close();
  });

  it("keeps the memory budget: the channel that was idle longest loses its messages, but not its position", async () => {
    const { broker } = createBroker({ memoryBudget: 25_000 });
    const big = message("x".repeat(9_700));
    for (const channel of ["a", "b"]) await broker.publish(channel, [big]);
    const [id = ""] = await broker.publish("a", [message("in use")]);
    await broker.publish("c", [big]);
    assertEquals(await offsetsIn(broker, "b"), []);
    assertEquals(await offsetsIn(broker, "a"), [1, 2]);
    await broker.publish("d", [big]);
    assertEquals(await offsetsIn(broker, "a"), []);
    const next = await broker.publish("a", [message(3)]);
    assertEquals(next, [id.replace("-2", "-3")]);
    await broker.close();
  });

  it("counts idempotency keys into the memory budget: idle channels lose their messages to them", async () => {
    const { broker } = createBroker({ memoryBudget: 25_000 });
    const big = message("x".repeat(9_700));
    for (const channel of ["a", "b"]) await broker.publish(channel, [big]);
    const keys = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(255, "k"));
    for (const key of keys) await broker.publish("b", [message(1)], key);
    assertEquals(await offsetsIn(broker, "a"), []);
    assertEquals((await offsetsIn(broker, "b")).length, 21);
    await broker.close();
  });

  it("forgets the oldest idempotency keys early when all of them take more than half of the budget", async () => {
    const { broker } = createBroker({ memoryBudget: 40_000, historySize: 1 });
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    const ids: (readonly string[])[] = [];
    for (const key of keys) {
      ids.push(await broker.publish("c", [message(1)], key));
    }
    // Counted are 140 bytes a key, and its text.
    const known = Math.floor(20_000 / (140 + "c\nkey 499".length));
    const oldest = keys.length - known;
    const again = async (index: number) =>
      await broker.publish("c", [message(2)], keys[index]);
    assertEquals(await again(oldest), ids[oldest]);
    assertEquals(await again(keys.length - 1), ids.at(-1));
    assertNotEquals(await again(oldest - 1), ids[oldest - 1]);
    await broker.close();
  });

  it("counts the replies that it knows into the memory budget", async () => {
    const { broker } = createBroker({ memoryBudget: 25_000 });
    const big = message("x".repeat(9_700));
    for (const channel of ["a", "b"]) await broker.publish(channel, [big]);
    const epoch = "00000000";
    for (let offset = 1; offset <= 10; offset++) {
      const key = "k".repeat(300);
      broker.reply("b", message(1), { epoch, offset, key });
    }
    assertEquals(await offsetsIn(broker, "a"), []);
    assertEquals((await offsetsIn(broker, "b")).length, 11);
    await broker.close();
  });

  it("forgets a channel that was not used for as long as it keeps messages", async () => {
    const { broker, clock } = createBroker({ historyTtl: 10 });
    const idle = await broker.publish("idle", [message(1)]);
    const followed = await broker.publish("followed", [message(1)]);
    await broker.subscribe("followed", { entry() {}, moved() {} });
    clock.now = 10_000;
    const used = await broker.publish("used", [message(1)]);
    // The sweeper runs every second, before this timer, which is set later.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const epochs = new Map<string, string>();
    for (const channel of ["idle", "followed", "used"]) {
      epochs.set(channel, (await broker.read(channel, 0, 1, 1)).epoch);
    }
    assertNotEquals(epochs.get("idle"), idle[0]?.slice(0, 8));
    assertEquals(epochs.get("followed"), followed[0]?.slice(0, 8));
    assertEquals(epochs.get("used"), used[0]?.slice(0, 8));
    await broker.close();
  });

  it("behaves like a list for each channel, whatever is done to it", async () => {
    const channels = fc.constantFrom("a", "b", "c");
    const steps = fc.array(
      fc.oneof(
        fc.record({
          do: fc.constant("publish" as const),
          channel: channels,
          sizes: fc.array(fc.nat(300), { minLength: 1, maxLength: 3 }),
          key: fc.option(fc.constantFrom("k", "l"), { nil: undefined }),
        }),
        fc.record({
          do: fc.constant("listen" as const),
          channel: channels,
        }),
        fc.record({ do: fc.constant("leave" as const), channel: channels }),
        fc.record({ do: fc.constant("pass" as const), ms: fc.nat(400) }),
      ),
      { maxLength: 80, size: "max" },
    );
    await fc.assert(fc.asyncProperty(steps, async (list) => {
      const { broker, clock } = createBroker({
        historySize: 6,
        historyTtl: 1,
        historyBytes: 2500,
        keyTtl: "500ms",
      });
      const logs = new Map<string, Array<{ offset: number; at: number }>>();
      const tops = new Map<string, number>();
      const keys = new Map<
        string,
        { ids: readonly string[]; until: number }
      >();
      const heard = new Map<string, number[]>();
      const wanted = new Map<string, number[]>();
      for (const step of list) {
        if (step.do === "pass") clock.now += step.ms;
        if (step.do === "leave") {
          broker.unsubscribe(step.channel);
          wanted.delete(step.channel);
          heard.delete(step.channel);
        }
        if (step.do === "listen") {
          const got: number[] = [];
          const { offset } = await broker.subscribe(
            step.channel,
            { entry: (_epoch, entry) => got.push(entry.offset), moved() {} },
          );
          assertEquals(offset, tops.get(step.channel) ?? 0);
          heard.set(step.channel, got);
          wanted.set(step.channel, []);
        }
        if (step.do === "publish") {
          const { channel, sizes, key } = step;
          const ids = await broker.publish(
            channel,
            sizes.map((size) => message("x".repeat(size))),
            key,
          );
          const known = keys.get(`${channel} ${key}`);
          if (key && known && known.until > clock.now) {
            assertEquals(ids, known.ids);
            continue;
          }
          if (key) {
            keys.set(`${channel} ${key}`, { ids, until: clock.now + 500 });
          }
          const log = logs.get(channel) ?? [];
          logs.set(channel, log);
          for (const id of ids) {
            const offset = (tops.get(channel) ?? 0) + 1;
            assertEquals(Number(id.slice(9)), offset);
            tops.set(channel, offset);
            log.push({ offset, at: clock.now });
            wanted.get(channel)?.push(offset);
          }
        }
        for (const [channel, log] of logs) {
          const { entries, top, first } = await broker.read(
            channel,
            0,
            99,
            1e9,
          );
          const held = entries.map(({ offset }) => offset);
          // The log has the newest messages without a hole, and none that is too old.
          const young = log.filter(({ at }) => clock.now - at < 1000).slice(-6);
          assertEquals(
            held,
            young.map(({ offset }) => offset).slice(young.length - held.length),
          );
          assertEquals([top, first], [
            tops.get(channel) ?? 0,
            top - held.length + 1,
          ]);
          const bytes = entries.reduce(
            (sum, { bytes }) => sum + bytes + 200,
            0,
          );
          assert(bytes <= 2500);
          // It has as many as it may: one more would exceed the bytes.
          if (held.length < young.length) assert(bytes + 600 > 2500);
          assertEquals(heard.get(channel), wanted.get(channel));
        }
      }
      await broker.close();
    }));
  });
});
