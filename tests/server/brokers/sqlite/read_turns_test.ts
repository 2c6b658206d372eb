import {
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";

describe("reads of a SQLite file", () => {
  it("take turns, and those who wait for the same page share it", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await folder.open();
    await first.publish("c", [message(1), message(2), message(3)]);
    await first.close();
    // No log is in memory yet.
    const second = await folder.open();
    const read = () => second.read("c", 0, 9, 1e9, { reader: "a" });
    const [begun, waits, waitsToo] = await Promise.all([
      read(),
      read(),
      read(),
    ]);
    assertEquals(begun?.entries.map(({ offset }) => offset), [1, 2, 3]);
    assertEquals(waits?.entries, begun?.entries);
    // A read that had begun may be too old for who asks now.
    assertNotStrictEquals(waits, begun);
    assertStrictEquals(waitsToo, waits);
    await second.close();
  });
});
