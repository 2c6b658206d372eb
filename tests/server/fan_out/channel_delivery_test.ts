import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parseId } from "../../../core/protocol/id.ts";
import { newMessage } from "../../../server/wire/envelope.ts";
import { Hub } from "../../../server/fan_out/hub.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import {
  ChannelDelivery,
  type DeliveryTarget,
} from "../../../server/fan_out/channel_delivery.ts";
import type { Gap } from "../../../server/fan_out/find_start.ts";
import { parseSince, sinceOfChannel } from "../../../server/wire/since.ts";
import type { Packet } from "../../../server/wire/socket.ts";
import { DistantBroker } from "../../support/brokers/distant_broker.ts";

/** A message or a gap that a connection got. */
type Event =
  | { readonly topic: string; readonly offset: number }
  | { readonly gap: Gap };

class FakeTarget implements DeliveryTarget {
  readonly wire = "ws.v1";
  readonly cursor = undefined;
  readonly reader = undefined;
  readonly events: Event[] = [];
  failure: unknown;

  write(packets: readonly Packet[]): void {
    for (
      const line of packets.flatMap(({ texts }) => texts.join("\n").split("\n"))
    ) {
      const { topic, id } = JSON.parse(line);
      this.events.push({ topic, offset: offset(id) });
    }
  }

  inTurn(read: () => Promise<void>): Promise<void> {
    return read();
  }

  gap(_channel: string, gap: Gap): void {
    this.events.push({ gap });
  }

  fail(error: unknown): void {
    this.failure = error;
  }
}

function offset(id: string): number {
  return parseId(id)?.offset ?? NaN;
}

const topicNames = fc.constantFrom("a", "b", "c");

const plans = fc.record({
  historySize: fc.constantFrom(3, 8, 1000),
  before: fc.array(topicNames, { maxLength: 12 }),
  during: fc.array(fc.array(topicNames, { minLength: 1, maxLength: 4 }), {
    maxLength: 12,
  }),
  since: fc.constantFrom("start", "last:2", "id:0", "id:3", "id:99", ""),
  then: fc.constantFrom("start", "last:3", "id:1", ""),
});

/** Parses the `since` of a plan. */
function sinceOf(plan: string, epoch: string) {
  return sinceOfChannel(
    parseSince(plan.replace(/^id:/, `${epoch}-`) || undefined),
    "ch",
    true,
  );
}

describe("ChannelDelivery", () => {
  it("delivers every message once and in order, or reports it in a gap, however slow the broker is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
        const memory = new MemoryBroker({ historySize: plan.historySize });
        const broker = new DistantBroker(memory, scheduler);
        const hub = new Hub(broker);
        const target = new FakeTarget();
        const delivery = new ChannelDelivery(hub, target, "ch");
        const topics: string[] = [];
        async function publish(names: readonly string[]): Promise<void> {
          topics.push(...names);
          await broker.publish(
            "ch",
            names.map((topic) => newMessage({ channel: "ch" }, topic, "1")),
          );
        }
        const { epoch } = await memory.read("ch", 0, 1, 1);
        if (plan.before.length > 0) await publish(plan.before);

        /** Subscribes, and returns how many events came before, and the position of the subscription. */
        async function subscribe(topic: string, since: string) {
          const names = new Set([topic]);
          const start = await delivery.start(names, sinceOf(since, epoch));
          delivery.flush();
          const at = target.events.length;
          if (start.gap) target.gap("ch", start.gap);
          delivery.begin(names, start);
          return { topic, at, position: offset(start.ready.position) };
        }
        const subscribing = (async () => [
          await subscribe("a", plan.since),
          await subscribe("b", plan.then),
        ])();
        scheduler.scheduleSequence(
          plan.during.map((names) => () => publish(names)),
        );
        await scheduler.waitFor(subscribing);
        // Notifications lead to reads, and reads to other reads, until nothing is left.
        for (let moved = true; moved;) {
          moved = scheduler.count() > 0;
          await scheduler.waitAll();
          await new Promise((resolve) => setTimeout(resolve, 0));
          moved ||= scheduler.count() > 0;
        }
        hub.flush();
        assertEquals(target.failure, undefined);
        assertEquals(delivery.position, `${epoch}-${topics.length}`);
        for (const { topic, at, position } of await subscribing) {
          check(target.events.slice(at), topics, topic, position);
        }
        const [first] = await subscribing;
        // The second subscription is of another topic, so the messages of the first still come once.
        const all = target.events.slice(first?.at)
          .flatMap((event) => "topic" in event ? [event] : [])
          .filter(({ topic }) => topic === "a")
          .map((event) => event.offset);
        assertEquals(all, [...new Set(all)].sort((a, b) => a - b));
        assertEquals(
          target.events.some((event) =>
            "topic" in event && event.topic === "c"
          ),
          false,
        );
        delivery.close();
        await broker.close();
      }),
      { numRuns: 200 },
    );
  });

  it("leaves no subscriber behind when a flush ends its connection", async () => {
    const broker = new MemoryBroker();
    const hub = new Hub(broker);
    const target = new FakeTarget();
    const delivery = new ChannelDelivery(hub, target, "ch");
    const live = parseSince(undefined);
    const [a, b] = [new Set(["a"]), new Set(["b"])];
    delivery.begin(
      a,
      await delivery.start(a, sinceOfChannel(live, "ch", true)),
    );
    const start = await delivery.start(b, sinceOfChannel(live, "ch", true));
    assertEquals(await broker.subscribers("ch"), 1);
    target.write = () => delivery.close();
    await broker.publish("ch", [newMessage({ channel: "ch" }, "a", "1")]);
    delivery.begin(b, start);
    assertEquals([await broker.subscribers("ch"), hub.size], [0, 0]);
    assertEquals(delivery.position, undefined);
    await broker.close();
  });
});

/** Checks that one topic of one subscription got each message, or a gap instead. */
function check(
  events: readonly Event[],
  topics: readonly string[],
  topic: string,
  position: number,
): void {
  const got = events.flatMap((event) =>
    "topic" in event && event.topic === topic ? [event.offset] : []
  );
  const gaps = events.flatMap((event) => "gap" in event ? [event.gap] : []);
  assertEquals(got, [...new Set(got)].sort((a, b) => a - b), "order");
  assert(got.every((one) => one > position), `before ${position}: ${got}`);
  for (const [i, name] of topics.entries()) {
    if (name !== topic || i + 1 <= position) continue;
    const isLost = gaps.some(({ after, before }) =>
      i + 1 > offset(after) && i + 1 < offset(before)
    );
    assert(got.includes(i + 1) || isLost, `${topic} ${i + 1} is missing`);
  }
}
