import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { LogPage } from "../../../server/brokers/broker.ts";
import { logPages, PAGE_ENTRIES } from "../../../server/brokers/log_pages.ts";
import { MemoryBroker } from "../../../server/brokers/memory.ts";
import { message } from "../../support/brokers/broker_contract.ts";

/** A broker whose channel "c" has a log of this length. */
async function brokerWith(length: number): Promise<MemoryBroker> {
  const broker = new MemoryBroker({ historySize: length });
  await broker.publish("c", Array.from({ length }, (_, i) => message(i)));
  return broker;
}

function offsetsOf(pages: readonly LogPage[]): number[] {
  return pages.flatMap(({ entries }) => entries.map(({ offset }) => offset));
}

describe("logPages()", () => {
  it("reads a log that is longer than a page up to its top, once and in order", async () => {
    const length = 2 * PAGE_ENTRIES + 1;
    const broker = await brokerWith(length);
    const from = { epoch: "", offset: 0 };
    const pages = await Array.fromAsync(logPages(broker, "c", from));
    assertEquals(pages.length, 3);
    assertEquals(
      offsetsOf(pages),
      Array.from({ length }, (_, i) => i + 1),
    );
    await broker.close();
  });

  it("begins after the given offset", async () => {
    const broker = await brokerWith(5);
    const { epoch } = await broker.read("c", 0, 1, 1);
    const from = { epoch, offset: 3 };
    const pages = await Array.fromAsync(logPages(broker, "c", from));
    assertEquals(offsetsOf(pages), [4, 5]);
    await broker.close();
  });

  it("yields one empty page where there is nothing to read", async () => {
    const broker = await brokerWith(2);
    const { epoch, top } = await broker.read("c", 0, 1, 1);
    const from = { epoch, offset: top };
    const pages = await Array.fromAsync(logPages(broker, "c", from));
    assertEquals(pages.map(({ entries }) => entries), [[]]);
    await broker.close();
  });

  it("begins with the first message of another log where the position is of a lost one", async () => {
    const broker = await brokerWith(4);
    const from = { epoch: "zzzzzzzz", offset: 3 };
    const pages = await Array.fromAsync(logPages(broker, "c", from));
    assertEquals(offsetsOf(pages), [1, 2, 3, 4]);
    await broker.close();
  });

  it("begins anew when the log is lost between two pages", async () => {
    const before = await brokerWith(PAGE_ENTRIES + 1);
    const after = await brokerWith(2);
    let reads = 0;
    const read = (...args: Parameters<MemoryBroker["read"]>) =>
      (++reads === 1 ? before : after).read(...args);
    const broker: MemoryBroker = Object.assign(new MemoryBroker(), { read });
    const from = { epoch: "", offset: 0 };
    const [first, second] = await Array.fromAsync(logPages(broker, "c", from));
    assertEquals(first?.entries.length, PAGE_ENTRIES);
    assertEquals(second?.entries.map(({ offset }) => offset), [1, 2]);
    assertEquals(first?.epoch === second?.epoch, false);
    for (const one of [before, after, broker]) await one.close();
  });
});
