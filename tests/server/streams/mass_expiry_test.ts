import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { setImmediate } from "node:timers";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { batch } from "../../support/wire/publish.ts";
import { endsOf, logOf } from "../../support/wire/streams.ts";

const CHANNELS = 4;
const STREAMS = 500;
const LEASE_MS = 700;

/** The most ends that a turn may have. The gateway ends 16. */
const MOST = 64;

describe("data streams whose leases run out all at once", () => {
  it("end a few in each turn of the event loop, each of them once", async () => {
    const memory = new MemoryBroker();
    /** Ends in this turn, the most in a turn, and all; and how many were under way at once. */
    const ends = { turn: 0, most: 0, all: 0, open: 0, mostOpen: 0 };
    let entries = 0;
    function endTurn(): void {
      ends.most = Math.max(ends.most, ends.turn);
      ends.turn = 0;
    }
    const broker: Broker = Object.assign(memory, {
      async publish(...args: Parameters<Broker["publish"]>) {
        const isEnd = args[1][0]?.kind === "datastream-end";
        if (!isEnd) return MemoryBroker.prototype.publish.apply(memory, args);
        // It runs before whatever waits for the next turn from now on.
        if (ends.turn++ === 0) setImmediate(endTurn);
        ends.all++;
        ends.mostOpen = Math.max(ends.mostOpen, ++ends.open);
        await new Promise((resolve) => setImmediate(resolve));
        ends.open--;
        return MemoryBroker.prototype.publish.apply(memory, args);
      },
      async read(...args: Parameters<Broker["read"]>) {
        const page = await MemoryBroker.prototype.read.apply(memory, args);
        entries += page.entries.length;
        return page;
      },
    });
    await using gateway = await startGateway({
      broker,
      streamLease: `${LEASE_MS}ms`,
    });
    for (let c = 0; c < CHANNELS; c++) {
      const lines = Array.from({ length: STREAMS }, (_, i) => ({
        channel: `c${c}`,
        topic: "t",
        kind: "datastream-start",
        stream_id: `s${i}`,
        data: `s${i}`,
      }));
      await batch(gateway, lines);
    }
    const before = entries;
    // While nothing else can run, all leases run out.
    const wakeAt = performance.now() + LEASE_MS + 50;
    while (performance.now() < wakeAt);
    await until(() => ends.all >= CHANNELS * STREAMS && ends.open === 0);
    assert(ends.most <= MOST, `${ends.most} in a turn`);
    assert(ends.mostOpen <= MOST, `${ends.mostOpen} at once`);
    for (let c = 0; c < CHANNELS; c++) {
      const log = await logOf(gateway, `c${c}`);
      assertEquals(new Set(endsOf(log).map(String)).size, STREAMS);
      assertEquals(endsOf(log).length, STREAMS);
    }
    // No stream needs a look at the messages of all others.
    assert(
      entries - before < 10 * CHANNELS * STREAMS,
      `${entries - before} entries were read`,
    );
  });
});
