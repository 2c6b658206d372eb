import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { runPool } from "./pool.ts";

/** Tasks that a test ends, and the indexes of those that were started. */
function createTasks(count: number) {
  const started: number[] = [];
  const ends = Array.from(
    { length: count },
    () => Promise.withResolvers<string>(),
  );
  const tasks = ends.map(({ promise }, index) => () => {
    started.push(index);
    return promise;
  });
  return { tasks, started, ends };
}

describe("runPool()", () => {
  it("starts the next task when one is done, and keeps the order of the results", async () => {
    const { tasks, started, ends } = createTasks(4);
    const results = runPool(tasks, 2);
    assertEquals(started, [0, 1]);
    ends[1]?.resolve("b");
    await ends[1]?.promise;
    assertEquals(started, [0, 1, 2]);
    ends[2]?.resolve("c");
    ends[0]?.resolve("a");
    ends[3]?.resolve("d");
    assertEquals(await results, ["a", "b", "c", "d"]);
  });

  it("needs no more workers than there are tasks", async () => {
    assertEquals(await runPool([() => Promise.resolve(1)], 3), [1]);
    assertEquals(await runPool([], 3), []);
  });

  it("starts no task after one that failed", async () => {
    const { tasks, started, ends } = createTasks(4);
    const results = runPool(tasks, 2);
    ends[0]?.reject(new Error("no"));
    await assertRejects(() => results, Error, "no");
    ends[1]?.resolve("b");
    await ends[1]?.promise;
    await Promise.resolve();
    assertEquals(started, [0, 1]);
  });
});
