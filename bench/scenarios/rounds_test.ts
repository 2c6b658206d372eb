import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Turns } from "./rounds.ts";

/** The number of rounds: that one of the orders of three lanes is not among so many has a chance of 1 in 10^10. */
const ROUNDS = 200;

describe("Turns", () => {
  it("has every lane once in each round, with its index", () => {
    const turns = new Turns(["a", "b", "c"]);
    for (let round = 0; round < ROUNDS; round++) {
      const sorted = [...turns.next()].sort(([a], [b]) => a - b);
      assertEquals(sorted, [[0, "a"], [1, "b"], [2, "c"]]);
    }
  });

  it("has rounds in every order", () => {
    const turns = new Turns(["a", "b", "c"]);
    const orders = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      orders.add(turns.next().map(([, lane]) => lane).join(""));
    }
    assertEquals([...orders].sort(), [
      "abc",
      "acb",
      "bac",
      "bca",
      "cab",
      "cba",
    ]);
  });

  it("lets no lane follow itself, however many there are", () => {
    for (const count of [2, 3, 10]) {
      const turns = new Turns(Array.from({ length: count }));
      const order: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        order.push(...turns.next().map(([index]) => index));
      }
      assert(
        order.every((lane, at) => lane !== order[at - 1]),
        `${count} lanes`,
      );
    }
  });
});
