import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { LogEntry, NewMessage } from "../../../server/brokers/broker.ts";
import { Log, newEpoch, type Retention } from "../../../server/brokers/log.ts";

const PLENTY: Retention = { size: 1e6, ttlMs: 1e9, bytes: 1e9 };

function message(data: unknown, topic = "t"): NewMessage {
  return { topic, kind: "data", head: `{"data":${JSON.stringify(data)}` };
}

function offsets(entries: readonly LogEntry[]): number[] {
  return entries.map(({ offset }) => offset);
}

function range(first: number, last: number): number[] {
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, i) => first + i,
  );
}

describe("Log", () => {
  it("gives each message the next offset, and completes its text with the id", () => {
    const log = new Log(0);
    const entries = ["a", "é", "👋"].map((data) =>
      log.append(message(data), 0)
    );
    assertEquals(offsets(entries), [1, 2, 3]);
    for (const { json, offset, bytes } of entries) {
      assertEquals(JSON.parse(json).id, `${log.epoch}-${offset}`);
      assertEquals(bytes, new TextEncoder().encode(json).length);
    }
  });

  it("has an epoch of its own, of 8 letters and digits", () => {
    const epochs = range(1, 100).map(newEpoch);
    for (const epoch of epochs) assertMatch(epoch, /^[a-z0-9]{8}$/);
    assertEquals(new Set(epochs).size, 100);
    assertNotEquals(new Log(0).epoch, new Log(0).epoch);
  });

  it("reads at most the given messages and bytes, but at least one message", () => {
    const log = new Log(0);
    for (const i of range(1, 10)) log.append(message(i), 0);
    const { bytes } = log.append(message(11), 0);
    assertEquals(offsets(log.read(0, 3, 1e6).entries), [1, 2, 3]);
    assertEquals(offsets(log.read(7, 100, 2 * bytes).entries), [8, 9]);
    assertEquals(offsets(log.read(7, 100, 1).entries), [8]);
    assertEquals(offsets(log.read(11, 100, 1e6).entries), []);
    assertEquals(offsets(log.read(99, 100, 1e6).entries), []);
  });

  it("finds the offset before the newest messages of topics", () => {
    const log = new Log(0);
    for (const i of range(1, 9)) log.append(message(i, i % 3 ? "a" : "b"), 0);
    assertEquals(log.before(new Set(["b"]), 1), 8);
    assertEquals(log.before(new Set(["b"]), 2), 5);
    assertEquals(log.before(new Set(["a"]), 1), 7);
    assertEquals(log.before(new Set(["a", "b"]), 4), 5);
    assertEquals(log.before(new Set(["b"]), 4), 0);
    assertEquals(log.before(new Set(["c"]), 1), 0);
  });

  it("keeps its position when it is cleared", () => {
    const log = new Log(0);
    for (const i of range(1, 5)) log.append(message(i), 0);
    log.clear();
    assertEquals([log.top, log.first, log.length, log.bytes], [5, 6, 0, 0]);
    assertEquals(log.append(message(6), 0).offset, 6);
    assertEquals(offsets(log.read(0, 10, 1e6).entries), [6]);
  });

  it("knows the data streams that have started and not ended", () => {
    const log = new Log(0);
    function stream(kind: NewMessage["kind"], streamId: string): void {
      log.append({ topic: "t", kind, streamId, head: '{"data":1' }, 0);
    }
    stream("datastream-start", "a");
    stream("datastream-start", "b");
    stream("chunk", "a");
    stream("datastream-end", "a");
    stream("datastream-end", "unknown");
    assertEquals([...log.openStreams], [
      { streamId: "b", topic: "t", offset: 2 },
    ]);
    log.trim({ ...PLENTY, size: 3 }, 0);
    assertEquals(log.openStreams.length, 0);
  });

  it("behaves like a plain list, whatever is done to it", () => {
    const steps = fc.array(
      fc.oneof(
        {
          // Appends are frequent enough that the array behind the log is cut, too.
          weight: 12,
          arbitrary: fc.record({
            do: fc.constant("append" as const),
            topic: fc.constantFrom("a", "b", "c"),
            size: fc.nat(400),
          }),
        },
        fc.record({
          do: fc.constant("trim" as const),
          size: fc.integer({ min: 1, max: 60 }),
          bytes: fc.integer({ min: 1, max: 20_000 }),
          ttlMs: fc.integer({ min: 1, max: 100 }),
        }),
        fc.record({ do: fc.constant("pass" as const), ms: fc.nat(30) }),
        fc.record({
          do: fc.constant("read" as const),
          after: fc.nat(250),
          limit: fc.integer({ min: 1, max: 20 }),
          bytes: fc.integer({ min: 1, max: 4000 }),
        }),
        fc.record({
          do: fc.constant("before" as const),
          topics: fc.subarray(["a", "b", "c"]),
          count: fc.integer({ min: 1, max: 30 }),
        }),
        fc.record({ do: fc.constant("clear" as const) }),
      ),
      { maxLength: 300, size: "max" },
    );
    fc.assert(fc.property(steps, (list) => {
      const log = new Log(0);
      let now = 0;
      let top = 0;
      /** The messages in the log, and when they were appended. */
      let model: Array<{ entry: LogEntry; at: number }> = [];
      for (const step of list) {
        if (step.do === "pass") now += step.ms;
        if (step.do === "append") {
          const text = "x".repeat(step.size);
          const entry = log.append(message(text, step.topic), now);
          assertEquals(entry.offset, ++top);
          model.push({ entry, at: now });
        }
        if (step.do === "clear") {
          log.clear();
          model = [];
        }
        if (step.do === "trim") {
          log.trim(step, now);
          while (
            model.length > step.size || costOf(model) > step.bytes ||
            (model[0] && now - model[0].at >= step.ttlMs)
          ) model.shift();
        }
        if (step.do === "read") {
          const { after, limit, bytes } = step;
          const wanted: LogEntry[] = [];
          let size = 0;
          for (const { entry } of model) {
            if (entry.offset <= after) continue;
            size += entry.bytes;
            if (wanted.length === limit || (size > bytes && wanted[0])) break;
            wanted.push(entry);
          }
          const page = log.read(after, limit, bytes);
          assertEquals(offsets(page.entries), offsets(wanted));
          assertEquals([page.top, page.epoch], [top, log.epoch]);
        }
        if (step.do === "before") {
          const { topics, count } = step;
          const found = model.filter(({ entry }) =>
            topics.some((topic) => topic === entry.topic)
          ).at(-count);
          assertEquals(
            log.before(new Set(topics), count),
            (found?.entry.offset ?? log.first) - 1,
          );
        }
        assertEquals(
          [log.length, log.top, log.first],
          [model.length, top, top - model.length + 1],
        );
        assertEquals(log.bytes, costOf(model));
      }
    }));
  });
});

/** Returns the bytes that the log counts for its messages. */
function costOf(model: ReadonlyArray<{ entry: LogEntry }>): number {
  return model.reduce((sum, { entry }) => sum + entry.bytes + 200, 0);
}

describe("Log.append()", () => {
  it("counts the text that plain clients get instead", () => {
    const log = new Log(0);
    const { bytes } = log.append({ ...message(1), raw: "x".repeat(1000) }, 0);
    assert(log.bytes >= bytes + 1000);
  });

  it("knows the replies that it holds, and counts their bytes", () => {
    const log = new Log(0);
    const keep: Retention = { ...PLENTY, size: 2 };
    for (const i of range(1, 4)) {
      log.append(message(i), 0, { to: `t\n${i}`, key: `key ${i}` });
      log.trim(keep, 0);
    }
    assertEquals(log.replyTo("t\n2"), undefined);
    assertEquals(log.replyTo("t\n3"), { offset: 3, key: "key 3" });
    const bytes = log.bytes;
    log.append(message(5), 0);
    log.append(message(6), 0);
    log.trim(keep, 0);
    assertEquals(log.replyTo("t\n4"), undefined);
    assertEquals(bytes - log.bytes, 2 * (180 + "t\n3".length + "key 3".length));
    log.append(message(7), 0, { to: "t\n1", key: "k" });
    log.clear();
    assertEquals([log.replyTo("t\n1"), log.bytes], [undefined, 0]);
  });
});
