import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { inTurn } from "./rounds.ts";

describe("inTurn()", () => {
  it("gives each lane each place", () => {
    const rounds = [0, 1, 2, 3].map((round) =>
      inTurn(["a", "b", "c"], round).map(([, lane]) => lane).join("")
    );
    assertEquals(rounds, ["abc", "bca", "cab", "abc"]);
  });

  it("keeps the index of each lane", () => {
    assertEquals(inTurn(["a", "b", "c"], 2), [[2, "c"], [0, "a"], [1, "b"]]);
  });

  it("lets no lane follow itself, however many there are", () => {
    for (const count of [2, 3, 4, 5, 10]) {
      const lanes = Array.from({ length: count }, (_, index) => index);
      const order = Array.from(
        { length: 12 },
        (_, round) => inTurn(lanes, round),
      )
        .flat().map(([index]) => index);
      const follows = order.filter((lane, at) => lane === order[at - 1]);
      assert(follows.length === 0, `${count} lanes: ${order}`);
    }
  });
});
