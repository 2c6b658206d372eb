import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type { Broker } from "../../../server/brokers/broker.ts";
import { Events } from "../../../server/events/events.ts";
import { Hub } from "../../../server/fan_out/hub.ts";
import { Counts } from "../../../server/events/counts.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { Publisher } from "../../../server/publish/publisher.ts";
import type { StreamKind } from "../../../server/wire/stream_message.ts";
import { Streams } from "../../../server/streams/streams.ts";
import { DistantBroker } from "../../support/brokers/distant_broker.ts";
import { shareBroker } from "../../support/brokers/shared_broker.ts";

/** How many gateways there are. The producer begins the stream at the first. */
const GATEWAYS = 3;

/** Longer than a test may take: a wait of this time ends only with the stream. */
const LONG_MS = 1_000_000;

/** A distant broker whose publishes take their time, too. */
class SlowBroker extends DistantBroker {
  readonly #scheduler: fc.Scheduler;

  constructor(near: Broker, scheduler: fc.Scheduler) {
    super(near, scheduler);
    this.#scheduler = scheduler;
  }

  override async publish(
    ...args: Parameters<Broker["publish"]>
  ): Promise<readonly string[]> {
    await this.#scheduler.schedule(Promise.resolve(), "publish");
    const ids = await super.publish(...args);
    await this.#scheduler.schedule(Promise.resolve(), "published");
    return ids;
  }
}

/** The part of a gateway that keeps streams. */
class Gateway {
  readonly hub: Hub;
  readonly streams: Streams;
  readonly #publisher: Publisher;

  constructor(broker: Broker) {
    this.hub = new Hub(broker);
    this.#publisher = new Publisher(
      broker,
      512 * 1024,
      new Events(),
      new Counts(),
    );
    this.streams = new Streams(this.hub, this.#publisher, {
      maxClientStreams: 10,
      maxChannelStreams: 10,
      leaseMs: 3 * LONG_MS,
      report(_stage, error) {
        throw error;
      },
    });
  }

  publish(kind: StreamKind): Promise<string> {
    const envelope = { channel: "ch", streamId: "s", kind };
    const options = { publisher: this.#publisher };
    return result(
      this.streams.publish(envelope, ["t"], '"s"', options),
    );
  }

  /** Waits for the stream's end as a producer does. */
  keep(waitMs: number): Promise<string> {
    return result(this.streams.keep("ch", "t", "s", waitMs));
  }

  stop(): Promise<string> {
    return result(
      this.streams.stop("ch", "t", "s")
        .then((isStopped) => assertEquals(isStopped, true)),
    );
  }
}

/** Returns the code of an error, `"ok"` where there is none. */
async function result(work: MaybePromise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    return String(Object(error).code ?? error);
  }
}

const gatewayNumbers = fc.nat({ max: GATEWAYS - 1 });

const plans = fc.record({
  /** The gateways at which a reader follows the channel from the beginning. */
  readers: fc.uniqueArray(gatewayNumbers),
  /** Whether these gateways have seen the start when the rest begins. */
  isKnown: fc.boolean(),
  waits: fc.array(gatewayNumbers, { minLength: 1, maxLength: 3 }),
  stops: fc.array(gatewayNumbers, { minLength: 1, maxLength: 2 }),
  others: fc.array(
    fc.tuple(gatewayNumbers, fc.constantFrom("keep", "chunk", "join", "leave")),
    { maxLength: 6 },
  ),
});

describe("A stream that a reader stops", () => {
  it("is stopped for all who wait for its end, in whatever order requests, answers and notifications arrive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
        const memory = new MemoryBroker();
        const share = shareBroker(memory);
        const gateways = Array.from(
          { length: GATEWAYS },
          () => new Gateway(new SlowBroker(share(), scheduler)),
        );
        const at = (number: number): Gateway => {
          const gateway = gateways[number];
          if (!gateway) throw new RangeError("There is no such gateway");
          return gateway;
        };

        /** Lets everything arrive, and what comes of it. */
        async function settle(): Promise<void> {
          for (let moved = true; moved;) {
            moved = scheduler.count() > 0;
            await scheduler.waitAll();
            await new Promise((resolve) => setTimeout(resolve, 0));
            moved ||= scheduler.count() > 0;
          }
        }

        /** How many readers each gateway has. */
        const readers = Array.from({ length: GATEWAYS }, () => 0);
        function join(number: number): void {
          readers[number] = (readers[number] ?? 0) + 1;
          void at(number).hub.hold("ch");
        }
        function leave(number: number): void {
          const { hub } = at(number);
          const feed = hub.get("ch");
          if (!feed || !readers[number]) return;
          readers[number]--;
          hub.release(feed);
        }

        for (const number of plan.readers) join(number);
        if (plan.isKnown) await settle();
        const started = await scheduler.waitFor(
          at(0).publish("datastream-start"),
        );
        assertEquals(started, "ok");
        if (plan.isKnown) await settle();

        const waiting: string[] = [];
        const stopped: string[] = [];
        const other: string[] = [];
        /** Does something at some time, and puts its answer among the results. */
        function later(
          action: () => MaybePromise<string | void>,
          results: string[],
          index = results.push("pending") - 1,
        ): void {
          void scheduler.schedule(Promise.resolve(), "request").then(action)
            .then((answer) => results[index] = answer ?? "ok");
        }
        for (const number of plan.waits) {
          later(() => at(number).keep(LONG_MS), waiting);
        }
        for (const number of plan.stops) {
          later(() => at(number).stop(), stopped);
        }
        for (const [number, action] of plan.others) {
          later(() => {
            if (action === "keep") return at(number).keep(0);
            if (action === "chunk") return at(number).publish("chunk");
            if (action === "join") return join(number);
            return leave(number);
          }, other);
        }
        try {
          await settle();
          assertEquals(waiting, plan.waits.map(() => "stream_stopped"));
          assertEquals(stopped, plan.stops.map(() => "ok"));
          for (const answer of other) {
            const isExpected = answer === "ok" || answer === "stream_stopped";
            assertEquals(isExpected, true, answer);
          }
          // Nobody but the readers follows the channel any more.
          assertEquals(
            gateways.map(({ hub }) => hub.get("ch")?.holds ?? 0),
            readers,
          );
        } finally {
          for (const { streams } of gateways) streams.close();
          await memory.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
