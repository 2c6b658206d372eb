import { assertEquals } from "@std/assert";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
} from "@std/testing/bdd";

const log: string[] = [];

describe("hooks", () => {
  beforeAll(() => {
    log.push("before all");
  });
  beforeEach(() => {
    log.push("before outer");
  });
  afterEach(() => {
    log.push("after outer");
  });

  describe("of nested groups", () => {
    beforeEach(() => {
      log.push("before inner");
    });
    afterEach(() => {
      log.push("after inner");
    });
    afterAll(() => {
      log.push("after all");
    });

    it("run before a test from the outer group to the inner one", () => {
      assertEquals(log, ["before all", "before outer", "before inner"]);
    });
  });

  it("run after a test from the inner group to the outer one, then after the group", () => {
    assertEquals(log.slice(3), [
      "after inner",
      "after outer",
      "after all",
      "before outer",
    ]);
  });
});
