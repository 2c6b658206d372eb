import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { ReadTurns } from "../../../server/brokers/read_turns.ts";

/** Turns whose reads the test answers. */
function turnsOf() {
  const turns = new ReadTurns("Redis", 8);
  const begun: string[] = [];
  const underWay: { question: string; answer: () => void }[] = [];
  return {
    begun,
    ask: (reader: string | undefined, question: string) =>
      turns.read(reader, question, () => {
        begun.push(question);
        return new Promise<string>((resolve) =>
          underWay.push({ question, answer: () => resolve(question) })
        );
      }),
    async answer(wanted: string): Promise<void> {
      const at = underWay.findIndex(({ question }) => question === wanted);
      const [read] = underWay.splice(at, 1);
      read?.answer();
      // The next turn begins in a later microtask.
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
}

describe("ReadTurns", () => {
  it("gives each reader one turn after the other, and the gateway as many as there are", async () => {
    const { begun, ask, answer } = turnsOf();
    const all = ["a1", "a2", "a3"].map((question) => ask("a", question));
    all.push(ask("b", "b1"), ask("c", "c1"));
    assertEquals(begun, ["a1", "b1", "c1"]);
    const more = ["1", "2", "3", "4", "5", "6"];
    for (const question of more) all.push(ask(undefined, question));
    assertEquals(begun, ["a1", "b1", "c1", "1", "2", "3", "4", "5"]);
    await answer("a1");
    await answer("1");
    assertEquals(begun.slice(8), ["6", "a2"]);
    for (const one of ["a2", "a3", "b1", "c1", ...more.slice(1)]) {
      await answer(one);
    }
    assertEquals(begun.slice(10), ["a3"]);
    assertEquals((await Promise.all(all)).length, 11);
  });

  it("shares a read that waits with other readers, but none that has begun", async () => {
    const { begun, ask, answer } = turnsOf();
    const others = ["1", "2", "3", "4", "5", "6", "7", "8"];
    for (const question of others) void ask(undefined, question);
    const early = [ask("a", "x"), ask("b", "x"), ask(undefined, "x")];
    await answer("1");
    assertEquals(begun, [...others, "x"]);
    const late = ask("c", "x");
    await answer("x");
    assertEquals(await Promise.all(early), ["x", "x", "x"]);
    assertEquals(begun, [...others, "x", "x"]);
    await answer("x");
    assertEquals(await late, "x");
  });

  it("refuses a read whose turn comes too late", async () => {
    const { begun, ask, answer } = turnsOf();
    const { now } = performance;
    const first = ask("a", "1");
    const late = assertRejects(() => ask("a", "2"), RealtimeError);
    performance.now = () => now.call(performance) + 60_000;
    try {
      await answer("1");
      assertEquals((await late).code, "unavailable");
    } finally {
      performance.now = now;
    }
    assertEquals([await first, begun], ["1", ["1"]]);
  });
});
