import type { Duration } from "../../../core/protocol/duration.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type {
  Broker,
  LogEntry,
  NewMessage,
} from "../../../server/brokers/broker.ts";
import { until } from "../until.ts";

/** Options that every broker has. */
export interface ContractOptions {
  historySize?: number;
  historyTtl?: Duration;
  historyBytes?: number;
  keyTtl?: Duration;
}

/** Makes a message with these data. */
export function message(
  data: unknown,
  topic = "t",
  more: Partial<NewMessage> = {},
): NewMessage {
  const head = `{"data":${JSON.stringify(data)}`;
  return { topic, kind: "data", head, ...more };
}

/** Makes a listener that records its calls. */
export function listen(): {
  readonly heard: LogEntry[];
  readonly offsets: number[];
  readonly moves: string[];
  entry(epoch: string, entry: LogEntry): void;
  moved(position: { epoch: string; offset: number }): void;
} {
  const heard: LogEntry[] = [];
  const offsets: number[] = [];
  const moves: string[] = [];
  return {
    heard,
    offsets,
    moves,
    entry(_epoch, entry) {
      heard.push(entry);
      offsets.push(entry.offset);
    },
    moved({ epoch, offset }) {
      moves.push(`${epoch}-${offset}`);
    },
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function offsetOf(id = ""): number {
  return Number(id.slice(9));
}

async function offsetsIn(broker: Broker, channel: string): Promise<number[]> {
  const { entries } = await broker.read(channel, 0, 1e6, 1e9);
  return entries.map(({ offset }) => offset);
}

/**
 * Adds the tests of the broker contract to a `describe`.
 *
 * @param create Makes a broker whose channels are all new.
 */
export function itKeepsTheContract(
  create: (options?: ContractOptions) => MaybePromise<Broker>,
): void {
  async function using(
    test: (broker: Broker) => Promise<void>,
    options?: ContractOptions,
  ): Promise<void> {
    const broker = await create(options);
    try {
      await test(broker);
    } finally {
      await broker.close();
    }
  }

  it("appends the messages of one publish next to each other, and notifies its listener in order", () =>
    using(async (broker) => {
      await broker.publish("c", [message(1)]);
      const listener = listen();
      const state = await broker.subscribe("c", listener);
      const ids = await broker.publish("c", [message(2), message(3, "u")]);
      await broker.publish("d", [message("another channel")]);
      assertEquals(state.offset, 1);
      assertEquals(ids, [`${state.epoch}-2`, `${state.epoch}-3`]);
      await until(() => listener.offsets.length === 2);
      const { entries, ...page } = await broker.read("c", 1, 9, 1e9);
      assertEquals(listener.heard.map(({ ...entry }) => entry), [...entries]);
      const { epoch } = state;
      assertEquals(page, { epoch, top: 3, first: 1, start: 2, end: 3 });
      assertEquals(entries.map(({ json, topic }) => [json, topic]), [
        [`{"data":2,"id":"${ids[0]}"}`, "t"],
        [`{"data":3,"id":"${ids[1]}"}`, "u"],
      ]);
    }));

  it("stops notifying when it is unsubscribed, and notifies of everything again when it is subscribed again", () =>
    using(async (broker) => {
      const first = listen();
      await broker.subscribe("c", first);
      broker.unsubscribe("c");
      await broker.publish("c", [message(1)]);
      const second = listen();
      const state = await broker.subscribe("c", second);
      await broker.publish("c", [message(2)]);
      await until(() => second.offsets.includes(2));
      assertEquals(second.offsets, range(state.offset + 1, 2));
      assertEquals(first.offsets, []);
    }));

  it("puts the messages of many publishers in one order, and notifies of all of them", () =>
    using(async (broker) => {
      const listener = listen();
      const { offset } = await broker.subscribe("c", listener);
      const ids = await Promise.all(
        range(1, 200).map((data) => broker.publish("c", [message(data)])),
      );
      const offsets = ids.map(([id]) => offsetOf(id));
      assertEquals(offset, 0);
      assertEquals(offsets.toSorted((a, b) => a - b), range(1, 200));
      await until(() => listener.offsets.length === 200);
      assertEquals(listener.offsets, range(1, 200));
      assertEquals(listener.moves, []);
      for (const { offset, json } of listener.heard) {
        assertEquals(JSON.parse(json).data, offsets.indexOf(offset) + 1);
      }
    }));

  it("notifies of every message after the position of the subscription, while others publish", () =>
    using(async (broker) => {
      let isOver = false;
      let top = 0;
      const publishing = (async () => {
        while (!isOver) {
          const ids = await broker.publish("c", [message(1), message(2)]);
          top = offsetOf(ids[1]);
          // Without a pause, a broker in memory would let nothing else run.
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
      })();
      for (let round = 0; round < 30; round++) {
        const listener = listen();
        const { offset } = await broker.subscribe("c", listener);
        const until5 = offset + 5;
        await until(() => listener.offsets.includes(until5));
        assertEquals(listener.offsets.slice(0, 5), range(offset + 1, until5));
        broker.unsubscribe("c");
      }
      isOver = true;
      await publishing;
      assert(top > 0);
    }));

  it("publishes once for an idempotency key, however often and by whomever it is repeated", () =>
    using(async (broker) => {
      const listener = listen();
      await broker.subscribe("c", listener);
      const [ids = []] = await Promise.all(
        range(1, 20).map(() =>
          broker.publish("c", [message(1), message(2)], "k")
        ),
      );
      assertEquals(await broker.publish("c", [message(3)], "k"), ids);
      const [other] = await broker.publish("d", [message(1)], "k");
      assertNotEquals(other?.slice(0, 8), ids[0]?.slice(0, 8));
      const next = await broker.publish("c", [message(3)], "another\n{key}");
      assertEquals([...ids, ...next].map(offsetOf), [1, 2, 3]);
      await until(() => listener.offsets.length === 3);
    }));

  it("forgets an idempotency key when its time is over", () =>
    using(async (broker) => {
      await broker.publish("c", [message(1)], "k");
      await until(async () => {
        const [id] = await broker.publish("c", [message(2)], "k");
        return offsetOf(id) === 2;
      });
    }, { keyTtl: "100ms" }));

  it("remembers an idempotency key for the time that its publisher asks for", () =>
    using(async (broker) => {
      const publish = async (key: string, keyTtlMs?: number) =>
        offsetOf((await broker.publish("c", [message(1)], key, keyTtlMs))[0]);
      assertEquals(await publish("long", 60_000), 1);
      assertEquals(await publish("own"), 2);
      await until(async () => await publish("own") > 2);
      assertEquals(await publish("long", 60_000), 1);
    }, { keyTtl: "100ms" }));

  it("forgets an idempotency key whose publisher asks for a shorter time", () =>
    using(async (broker) => {
      const publish = async (key: string, keyTtlMs?: number) =>
        offsetOf((await broker.publish("c", [message(1)], key, keyTtlMs))[0]);
      assertEquals(await publish("own"), 1);
      assertEquals(await publish("short", 50), 2);
      await until(async () => await publish("short", 50) > 2);
      assertEquals(await publish("own"), 1);
    }, { keyTtl: "1m" }));

  it("keeps as many messages as historySize says", () =>
    using(async (broker) => {
      for (const data of range(1, 10)) {
        await broker.publish("c", [message(data)]);
      }
      await broker.publish("c", range(11, 15).map((data) => message(data)));
      assertEquals(await offsetsIn(broker, "c"), [13, 14, 15]);
      const { first, top } = await broker.read("c", 3, 9, 1e9);
      assertEquals([first, top], [13, 15]);
    }, { historySize: 3 }));

  it("keeps as many bytes as historyBytes says", () =>
    using(async (broker) => {
      for (const _ of range(1, 10)) {
        await broker.publish("c", [message("x".repeat(700))]);
      }
      assertEquals(await offsetsIn(broker, "c"), [8, 9, 10]);
    }, { historyBytes: 3000 }));

  it("keeps messages as long as historyTtl says, and the position while the channel is followed", () =>
    using(async (broker) => {
      await broker.subscribe("c", listen());
      const [id = ""] = await broker.publish("c", [message(1)]);
      await until(async () => (await offsetsIn(broker, "c")).length === 0);
      const page = await broker.read("c", 0, 9, 1e9);
      assertEquals([page.first, page.top], [2, 1]);
      await broker.publish("c", [message(2)]);
      assertEquals(await offsetsIn(broker, "c"), [2]);
      const { epoch, offset } = await broker.before("c", new Set(["t"]), 5);
      assertEquals([epoch, offset], [id.slice(0, 8), 1]);
    }, { historyTtl: 1 }));

  it("reads pages of at most the given messages and bytes, but at least one message", () =>
    using(async (broker) => {
      for (const _ of range(1, 60)) {
        await broker.publish("c", [message("x".repeat(1000))]);
      }
      const offsets = async (...args: [number, number, number]) =>
        (await broker.read("c", ...args)).entries.map(({ offset }) => offset);
      assertEquals(await offsets(0, 40, 1e9), range(1, 40));
      assertEquals(await offsets(50, 40, 1e9), range(51, 60));
      assertEquals(await offsets(10, 40, 3500), [11, 12, 13]);
      assertEquals(await offsets(10, 40, 1), [11]);
      assertEquals(await offsets(60, 40, 1e9), []);
      assertEquals(await offsets(2 ** 52, 40, 1e9), []);
    }));

  it("reads the messages of some topics, in pages that together cover the whole log", () =>
    using(async (broker) => {
      const wanted = new Map<number, string>([[1, "rare"], [1199, "other"]]);
      for (let batch = 0; batch < 12; batch++) {
        const messages = range(100 * batch + 1, 100 * batch + 100)
          .map((offset) => message(offset, wanted.get(offset)));
        await broker.publish("c", messages);
      }
      const topics = new Set(["rare", "other", "none"]);
      const found: number[] = [];
      for (let after = 0; after < 1200;) {
        const page = await broker.read("c", after, 1, 1, { topics });
        assertEquals(page.start, after + 1);
        assert(page.end >= page.start && page.entries.length <= 1);
        for (const { offset, topic, json } of page.entries) {
          assertEquals(topic, wanted.get(offset));
          assertEquals(JSON.parse(json).data, offset);
          found.push(offset);
        }
        after = page.end;
      }
      assertEquals(found, [...wanted.keys()]);
      const { start, end, entries } = await broker
        .read("c", 1200, 9, 1e9, { topics });
      assertEquals([start, end, entries.length], [1201, 1200, 0]);
      const none = await broker.read("c", 0, 9, 1e9, { topics: new Set() });
      assertEquals(none.entries, []);
      const before = async (topic: string, count: number) =>
        (await broker.before("c", new Set([topic]), count)).offset;
      assertEquals(await before("rare", 1), 0);
      assertEquals(await before("rare", 2), 0);
      assertEquals(await before("other", 1), 1198);
      assertEquals(await before("t", 1000), 199);
    }, { historySize: 1200 }));

  it("finds the position before the newest messages of some topics", () =>
    using(async (broker) => {
      for (const offset of range(1, 50)) {
        await broker.publish("c", [message(offset, `t${offset % 10}`)]);
      }
      const before = async (topics: string[], count: number) =>
        (await broker.before("c", new Set(topics), count)).offset;
      assertEquals(await before(["t3"], 1), 42);
      assertEquals(await before(["t3", "t7"], 5), 26);
      assertEquals(await before(["t3"], 5), 2);
      assertEquals(await before(["t3"], 6), 0);
      assertEquals(await before(["none"], 1), 0);
    }));

  it("knows which data streams are open", () =>
    using(async (broker) => {
      const start = (streamId: string, topic: string) =>
        message("", topic, { kind: "datastream-start", streamId });
      const end = (streamId: string) =>
        message("", "t", { kind: "datastream-end", streamId });
      await broker.publish("c", [start("a", "t"), start('b"\n', "u")]);
      await broker.publish("c", [message("", "t", { kind: "chunk" })]);
      const open = async () =>
        (await broker.subscribe("c", listen())).openStreams
          .map(({ streamId, topic, offset }) => [streamId, topic, offset]);
      assertEquals(await open(), [["a", "t", 1], ['b"\n', "u", 2]]);
      broker.unsubscribe("c");
      await broker.publish("c", [end("a")]);
      await until(async () => {
        const streams = await open();
        broker.unsubscribe("c");
        return streams.length === 1;
      });
      assertEquals(await open(), [['b"\n', "u", 2]]);
    }));

  it("forgets a data stream whose start is no longer in the log", () =>
    using(async (broker) => {
      const start = message("", "t", {
        kind: "datastream-start",
        streamId: "a",
      });
      await broker.publish("c", [start]);
      for (const data of range(1, 3)) {
        await broker.publish("c", [message(data)]);
      }
      assertEquals((await broker.subscribe("c", listen())).openStreams, []);
    }, { historySize: 3 }));

  it("returns messages unchanged, whatever they contain and however large they are", () =>
    using(async (broker) => {
      const channel = 'a {b} }{ \u2028 "\\ 名前 🙂 ' + "x".repeat(200);
      const topic = "}{ \u2029 🙂";
      const listener = listen();
      await broker.subscribe(channel, listener);
      const raw = 'data: "\n\u0000\n\n🙂';
      const streamId = 'line\nbreak "quote" 🙂';
      const large = "🙂".repeat(120_000);
      const [id] = await broker.publish(channel, [
        message(raw, topic, { kind: "chunk", raw, streamId }),
        message(large, topic),
        message({ id: ',"id":"abcdefgh-1"}' }, topic),
      ]);
      await until(() => listener.heard.length === 3);
      const [first, second, third] = listener.heard;
      assertEquals(first?.raw, raw);
      assertEquals(first?.streamId, streamId);
      assertEquals(first?.topic, topic);
      assertEquals(JSON.parse(first?.json ?? ""), { data: raw, id });
      assertEquals(JSON.parse(second?.json ?? "").data, large);
      assertEquals(
        second?.bytes,
        new TextEncoder().encode(second?.json).length,
      );
      assertEquals(third?.offset, 3);
      const { entries } = await broker.read(channel, 0, 9, 1e9);
      assertEquals([...entries], listener.heard.map(({ ...entry }) => entry));
    }));

  it("counts the announced subscribers of a topic and of a channel", () =>
    using(async (broker) => {
      await broker.subscribe("c", listen());
      assertEquals(await broker.subscribers("c", "t"), 0);
      broker.announce("c", new Map([["", 3], ["t", 2], ["__proto__", 3]]));
      await until(async () => await broker.subscribers("c") === 3);
      assertEquals(await broker.subscribers("c", "t"), 2);
      assertEquals(await broker.subscribers("c", "__proto__"), 3);
      assertEquals(await broker.subscribers("c", "u"), 0);
      assertEquals(await broker.subscribers("d", "t"), 0);
      broker.announce("c", new Map([["", 1], ["u", 1]]));
      await until(async () => await broker.subscribers("c") === 1);
      assertEquals(await broker.subscribers("c", "t"), 0);
      broker.announce("c", new Map());
      await until(async () => await broker.subscribers("c") === 0);
    }));

  it("summarizes what it keeps of channels, and makes no log by that", () =>
    using(async (broker) => {
      await broker.publish("c", [message(1), message("2\n3", 'u"ü')]);
      await broker.subscribe("listened", listen());
      const ids = await broker.publish("c", [message(3, "v")]);
      const names = ["none", "c", "listened"];
      const [none, c, listened] = await broker.summarize?.(names) ?? [];
      assertEquals(none, undefined);
      const { bytes = 0, last, ...rest } = c ?? {};
      const { epoch = "" } = c ?? {};
      assertEquals(ids, [`${epoch}-3`]);
      assertEquals(rest, { epoch, offset: 3, messages: 3 });
      assert(bytes > 3 * 10, `${bytes} bytes`);
      const { at = 0, ...newest } = last ?? {};
      assertEquals(newest, { epoch, offset: 3, topic: "v", kind: "data" });
      assert(Math.abs(at - Date.now()) < 5_000);
      assertEquals([listened?.messages, listened?.last], [0, undefined]);
      const [again] = await broker.summarize?.(["none"]) ?? [];
      assertEquals(again, undefined);
    }));

  it("reports that it is healthy, and closes while it has a listener", () =>
    using(async (broker) => {
      assertEquals(await broker.health(), { ok: true });
      await broker.subscribe("c", listen());
      await broker.publish("c", [message(1)]);
    }));
}
