import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { MessageLog } from "../../react/message_log.ts";

function fill(log: MessageLog<number>, count: number, limit: number): void {
  for (let i = 0; i < count; i++) log.append(log.end, limit, log.end);
}

describe("MessageLog", () => {
  it("returns the newest messages between two positions", () => {
    const log = new MessageLog<number>();
    fill(log, 5, 10);
    assertEquals(log.end, 5);
    assertEquals(log.between(0, 5), [0, 1, 2, 3, 4]);
    assertEquals(log.between(1, 4), [1, 2, 3]);
    assertEquals(log.between(0, 5, 2), [3, 4]);
    assertEquals(log.between(0, 5, 0), []);
    assertEquals(log.between(5, 5), []);
  });

  it("keeps the wanted messages, and not many more", () => {
    const log = new MessageLog<number>();
    fill(log, 10_000, 100);
    assertEquals(log.end, 10_000);
    assertEquals(log.between(0, log.end, 100).length, 100);
    const kept = log.between(0, log.end);
    assertEquals(kept.at(-1), 9_999);
    assertEquals(kept.length <= 217, true);
  });

  it("keeps all messages if all are wanted", () => {
    const log = new MessageLog<number>();
    fill(log, 10_000, Infinity);
    assertEquals(log.between(0, log.end).length, 10_000);
  });

  it("keeps unread messages, up to 10,000", () => {
    const log = new MessageLog<number>();
    for (let i = 0; i < 5_000; i++) log.append(i, 10, 0);
    assertEquals(log.between(0, log.end).length, 5_000);
    for (let i = 5_000; i < 100_000; i++) log.append(i, 10, 0);
    const kept = log.between(0, log.end).length;
    assertEquals(kept >= 10_000 && kept <= 20_017, true);
  });

  it("drops the messages with `clear`, but keeps positions valid", () => {
    const log = new MessageLog<number>();
    fill(log, 50, 10);
    log.clear();
    assertEquals([log.end, log.between(0, log.end)], [50, []]);
    log.append(50, 10, 50);
    assertEquals(log.between(0, log.end), [50]);
  });
});
