import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isLater } from "../../../core/subscribe/position.ts";
import {
  ChannelDelivery,
  type DeliveryTarget,
} from "../../../server/fan_out/channel_delivery.ts";
import type { Gap } from "../../../server/fan_out/find_start.ts";
import { Hub } from "../../../server/fan_out/hub.ts";
import { MemoryBroker, type NewMessage } from "../../../server/mod.ts";
import { newMessage } from "../../../server/wire/envelope.ts";
import { parseSince, sinceOfChannel } from "../../../server/wire/since.ts";
import type { Packet } from "../../../server/wire/socket.ts";
import { DistantBroker } from "../../support/brokers/distant_broker.ts";
import { until } from "../../support/until.ts";

const TOPICS = ["a", "b"];

/** A reader of the client: it skips what is not later than its position, as `message_reader.ts` does. */
interface Reader {
  readonly topics: ReadonlySet<string>;
  readonly start: string;
  position: string;
  /** The text of each topic that it got. */
  readonly texts: Map<string, string>;
}

/** The client's end of one connection with several readers. */
class FakeClient implements DeliveryTarget {
  readonly wire = "ws.v1";
  readonly cursor = undefined;
  readonly reader = undefined;
  readonly readers: Reader[] = [];
  /** The bytes that were written in each turn. */
  readonly turns: number[] = [];
  frames = 0;
  failure: unknown;

  write(packets: readonly Packet[]): void {
    for (const { bytes } of packets) {
      this.turns.push(bytes + (this.turns.pop() ?? 0));
    }
    const lines = packets.flatMap(({ texts }) => texts.join("\n").split("\n"));
    for (const line of lines) {
      const { kind, topic, id, data } = JSON.parse(line);
      this.frames++;
      for (const reader of this.readers) {
        const { topics, texts, position } = reader;
        if (!topics.has(topic) || !isLater(id, position)) continue;
        reader.position = id;
        if (kind === "chunk") texts.set(topic, (texts.get(topic) ?? "") + data);
      }
    }
  }

  inTurn(read: () => Promise<void>): Promise<void> {
    this.turns.push(0);
    return read();
  }

  gap(_channel: string, gap: Gap): void {
    this.failure = gap;
  }

  fail(error: unknown): void {
    this.failure = error;
  }
}

/** The events at the connection and in the log, one after the other; the broker's answers come at any time. */
const step = fc.oneof(
  fc.record({
    act: fc.constant("publish" as const),
    topics: fc.array(fc.constantFrom(...TOPICS), {
      minLength: 1,
      maxLength: 6,
    }),
  }),
  fc.record({
    act: fc.constant("subscribe" as const),
    topics: fc.subarray(TOPICS, { minLength: 1 }),
    since: fc.oneof(
      fc.nat(20).map((offset) => `id:${offset}`),
      fc.constantFrom("start", "last:3", ""),
    ),
  }),
  fc.record({
    act: fc.constant("pause" as const),
    reader: fc.nat(5),
  }),
);

function chunks(topics: readonly string[], first: number) {
  return topics.map((topic, i) => {
    const envelope = { channel: "ch", kind: "chunk", streamId: topic } as const;
    return newMessage(envelope, topic, JSON.stringify(`${first + i} `));
  });
}

function startOf(topic: string) {
  const kind = "datastream-start";
  const envelope = { channel: "ch", kind, streamId: topic } as const;
  return newMessage(envelope, topic, JSON.stringify(topic));
}

describe("ChannelDelivery, with joined chunks", () => {
  it("gives each of a connection's readers the text after its own position, once, however slow the broker is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.boolean(),
        fc.array(fc.constantFrom(...TOPICS), { maxLength: 12 }),
        fc.array(step, { minLength: 2, maxLength: 12 }),
        async (scheduler, areOpen, before, steps) => {
          const memory = new MemoryBroker();
          const broker = new DistantBroker(memory, scheduler);
          const client = new FakeClient();
          const delivery = new ChannelDelivery(new Hub(broker), client, "ch");
          /** The topic of each message of the log. */
          const log: string[] = [];
          async function publish(topics: readonly string[]): Promise<void> {
            const messages = chunks(topics, log.length + 1);
            log.push(...topics);
            await broker.publish("ch", messages);
          }
          // A reader that starts now gets these streams from their beginning.
          if (areOpen) {
            log.push("", "");
            await broker.publish("ch", TOPICS.map(startOf));
          }
          if (before.length > 0) await publish(before);
          const { epoch } = await memory.read("ch", 0, 1, 1);

          async function subscribe(
            topics: ReadonlySet<string>,
            since: string,
            texts = new Map<string, string>(),
            from?: string,
          ): Promise<void> {
            const start = await delivery.start(
              topics,
              sinceOfChannel(parseSince(since || undefined), "ch", true),
            );
            delivery.flush();
            // A position that the log has not reached yet is a gap, which other tests are about.
            const { position } = start.ready;
            const reader = { topics, start: from ?? position, position, texts };
            client.readers.push(reader);
            delivery.begin(topics, start);
          }

          /** Ends a reader's subscription, and subscribes again where it was. */
          async function pause(index: number): Promise<void> {
            const { readers } = client;
            const [reader] = readers.splice(index % readers.length, 1);
            if (!reader) return;
            const { topics, position, texts, start } = reader;
            const held = new Set(readers.flatMap(({ topics }) => [...topics]));
            delivery.remove([...topics].filter((topic) => !held.has(topic)));
            await subscribe(topics, position, texts, start);
          }

          scheduler.scheduleSequence(steps.map((step) => async () => {
            switch (step.act) {
              case "publish":
                return await publish(step.topics);
              case "subscribe": {
                const since = step.since.startsWith("id:")
                  ? Math.min(Number(step.since.slice(3)), log.length)
                  : undefined;
                // It goes on while the broker thinks, as other frames of the client do.
                void subscribe(
                  new Set(step.topics),
                  since === undefined ? step.since : `${epoch}-${since}`,
                );
                return;
              }
              case "pause":
                if (client.readers.length > 0) void pause(step.reader);
            }
          }));
          for (let moved = true; moved;) {
            moved = scheduler.count() > 0;
            await scheduler.waitAll();
            await new Promise((resolve) => setTimeout(resolve, 0));
            moved ||= scheduler.count() > 0;
          }
          delivery.flush();
          assertEquals(client.failure, undefined);
          for (const { topics, start, texts } of client.readers) {
            for (const topic of topics) {
              const expected = log
                .map((name, i) => ({ name, offset: i + 1 }))
                .filter(({ name, offset }) =>
                  name === topic && isLater(`${epoch}-${offset}`, start)
                )
                .map(({ offset }) => `${offset} `).join("");
              assertEquals(texts.get(topic) ?? "", expected);
            }
          }
          delivery.close();
          await broker.close();
        },
      ),
      { numRuns: 300 },
    );
  });

  /** Delivers a log from its start to one reader of topic `a`. */
  async function replay(
    messages: readonly NewMessage[],
  ): Promise<{ client: FakeClient; hub: Hub; text: string }> {
    const broker = new MemoryBroker({ historySize: 100_000 });
    const hub = new Hub(broker);
    const client = new FakeClient();
    const delivery = new ChannelDelivery(hub, client, "ch");
    await broker.publish("ch", messages);
    const names = new Set(["a"]);
    const start = await delivery.start(names, { from: "start" });
    const { position } = start.ready;
    const texts = new Map<string, string>();
    client.readers.push({ topics: names, start: position, position, texts });
    delivery.begin(names, start);
    await until(() => !delivery.isCatchingUp);
    delivery.close();
    await broker.close();
    return { client, hub, text: texts.get("a") ?? "" };
  }

  /** The topics of a number of chunks. */
  function times(count: number, topic: string): string[] {
    return Array.from({ length: count }, () => topic);
  }

  it("makes one frame of what a connection's only reader has not had, and counts its messages", async () => {
    const { client, hub, text } = await replay(chunks(times(300, "a"), 1));
    assertEquals(client.frames, 1);
    assert(text.endsWith("299 300 "));
    assertEquals(hub.delivered.websocket, 300);
  });

  it("reads more at once while it sends little, and never sends more than 128 KiB in a turn", async () => {
    const large = JSON.stringify("x".repeat(30_000));
    const envelope = { channel: "ch", kind: "chunk", streamId: "a" } as const;
    const messages = [
      ...chunks(times(5_000, "a"), 1),
      ...times(5_000, "b").map((b) => newMessage(envelope, b, "1")),
      ...times(40, "a").map((a) => newMessage(envelope, a, large)),
      ...chunks(times(5_000, "a"), 5_001),
    ];
    const { client, hub, text } = await replay(messages);
    const numbers = Array.from({ length: 10_000 }, (_, i) => `${i + 1} `);
    numbers.splice(5_000, 0, ...times(40, "x".repeat(30_000)));
    assertEquals(text, numbers.join(""));
    assertEquals(hub.delivered.websocket, 10_040);
    // A turn reads 500 messages where all are sent as they are.
    assert(client.turns.length < 30, `${client.turns.length} turns`);
    assert(Math.max(...client.turns) <= 128 * 1024);
  });
});
