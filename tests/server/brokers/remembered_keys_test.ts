import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RememberedKeys } from "../../../server/brokers/remembered_keys.ts";

const PLACE = { epoch: "abcdefgh", first: 1, count: 1 };

describe("RememberedKeys", () => {
  it("take no memory, some sweeps later, for keys whose times are over, in whichever order they were added", () => {
    const keys = new RememberedKeys(1e9);
    const seconds = [86_400, 120, 1395, 1, 3600, 150, 119, 700];
    for (const ttl of seconds) keys.add(`${ttl}`, PLACE, 0, ttl * 1000);
    const known = () => seconds.filter((ttl) => keys.get(`${ttl}`, 0));
    for (const now of [1, 119, 120, 150, 700, 1395, 3600, 86_400]) {
      for (let sweep = 0; sweep < 20; sweep++) keys.sweep(now * 1000);
      const left = seconds.filter((ttl) => ttl > now);
      assertEquals([known(), keys.size], [left, left.length]);
    }
    assertEquals(keys.bytes, 0);
  });
});
