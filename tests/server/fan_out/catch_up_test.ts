import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { LogEntry } from "../../../server/brokers/broker.ts";
import { CatchUp } from "../../../server/fan_out/catch_up.ts";

function entry(offset: number, topic: string, streamId?: string): LogEntry {
  const json = "{}";
  const fields = { offset, topic, kind: "data", json, bytes: 2 } as const;
  return streamId === undefined ? fields : { ...fields, streamId };
}

describe("CatchUp", () => {
  it("wants the messages of its topics after its offset", () => {
    const catchUp = new CatchUp(["a"], 5);
    assertEquals(catchUp.offset, 5);
    assertEquals(catchUp.wants(entry(5, "a")), false);
    assertEquals(catchUp.wants(entry(6, "a")), true);
    assertEquals(catchUp.wants(entry(6, "b")), false);
  });

  it("goes back for an added topic, and leaves the others where they are", () => {
    const catchUp = new CatchUp(["a"], 5).with(["b"], 2, []);
    assertEquals(catchUp.offset, 2);
    assertEquals(catchUp.wants(entry(3, "a")), false);
    assertEquals(catchUp.wants(entry(3, "b")), true);
  });

  it("goes back for a topic that it has when it is added from an earlier offset", () => {
    const catchUp = new CatchUp(["a"], 5).with(["a"], 2, []);
    assertEquals(catchUp.offset, 2);
    assertEquals(catchUp.wants(entry(3, "a")), true);
  });

  it("wants an open stream from its beginning, and nothing else from before its offset", () => {
    const streams = [{ streamId: "s", topic: "a", offset: 3 }];
    const catchUp = new CatchUp().with(["a"], 5, streams);
    assertEquals(catchUp.offset, 2);
    assertEquals(catchUp.wants(entry(3, "a", "s")), true);
    assertEquals(catchUp.wants(entry(4, "a", "other")), false);
    assertEquals(catchUp.wants(entry(4, "a")), false);
    assertEquals(catchUp.wants(entry(6, "a")), true);
  });

  it("no longer wants the messages that it has advanced over", () => {
    const streams = [{ streamId: "s", topic: "a", offset: 3 }];
    const catchUp = new CatchUp().with(["a"], 5, streams);
    catchUp.advance(3);
    assertEquals(catchUp.offset, 3);
    assertEquals(catchUp.wants(entry(3, "a", "s")), false);
    assertEquals(catchUp.wants(entry(4, "a", "s")), true);
    catchUp.advance(7);
    assertEquals(catchUp.offset, 7);
    assertEquals(catchUp.wants(entry(6, "a")), false);
  });

  it("wants an open stream from its beginning again when it is added again", () => {
    const streams = [{ streamId: "s", topic: "a", offset: 3 }];
    const catchUp = new CatchUp().with(["a"], 5, streams);
    catchUp.advance(4);
    const again = catchUp.with(["a"], 7, streams);
    assertEquals(again.offset, 2);
    for (let offset = 3; offset <= 8; offset++) {
      assertEquals(again.wants(entry(offset, "a", "s")), true);
    }
    again.advance(7);
    assertEquals(again.offset, 7);
  });

  it("has room for any number of open streams", () => {
    const streams = Array.from(
      { length: 200_000 },
      (_, i) => ({ streamId: `s${i}`, topic: "a", offset: i + 3 }),
    );
    assertEquals(new CatchUp().with(["a"], 300_000, streams).offset, 2);
  });

  it("separates messages where a reader may stand", () => {
    const live = new CatchUp(["a"], 9);
    assertEquals(live.isApart(9, 10), false);
    const three = live.with(["a"], 5, []).with(["b"], 2, []);
    const apart = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((offset) =>
      three.isApart(offset, offset + 1)
    );
    assertEquals(apart, [5, 9]);
    // The reader stands between any two messages around its position.
    assertEquals(three.isApart(4, 6), true);
    assertEquals(three.isApart(6, 9), false);
  });

  it("separates messages where it stood when another reader went back", () => {
    const catchUp = new CatchUp().with(["a"], 2, []);
    catchUp.advance(6);
    const both = catchUp.with(["a"], 3, []);
    assertEquals([both.offset, both.isApart(6, 7)], [3, true]);
    assertEquals(both.isApart(3, 5), false);
    both.advance(7);
    assertEquals(both.with(["b"], 1, []).isApart(6, 7), false);
  });

  it("separates what an open stream is read for from what comes after it", () => {
    const streams = [{ streamId: "s", topic: "a", offset: 3 }];
    const catchUp = new CatchUp(["a"], 9).with(["a"], 9, streams);
    assertEquals([catchUp.offset, catchUp.isApart(9, 10)], [2, true]);
    assertEquals(catchUp.isApart(3, 9), false);
  });

  it("keeps messages apart up to the last of too many readers", () => {
    let catchUp = new CatchUp(["a"], 2_000);
    for (let offset = 1_000; offset >= 0; offset--) {
      catchUp = catchUp.with(["a"], offset, []);
    }
    for (const offset of [1, 999, 2_000]) {
      assertEquals(catchUp.isApart(offset, offset + 1), true);
    }
    assertEquals(catchUp.isApart(2_001, 2_002), false);
  });

  it("removes topics, and returns those that it had", () => {
    const catchUp = new CatchUp(["a", "b"], 5);
    assertEquals(catchUp.remove(["b", "c"]), ["b"]);
    assertEquals([...catchUp.topics], ["a"]);
    assertEquals(catchUp.wants(entry(6, "b")), false);
  });
});
