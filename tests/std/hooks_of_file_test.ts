import { assertEquals } from "@std/assert";
import { beforeEach, describe, it } from "@std/testing/bdd";

let count = 0;

beforeEach(() => {
  count++;
});

describe("hooks outside of a group", () => {
  it("run before the tests of their file", () => {
    assertEquals(count, 1);
  });

  it("run for no test of another file in the same process", () => {
    assertEquals(count, 2);
  });
});
