import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RememberedKeys } from "../../../server/brokers/remembered_keys.ts";

const PLACE = { epoch: "abcdefgh", first: 1, count: 1 };

describe("RememberedKeys", () => {
  it("take no memory for keys whose times are over, in whichever order they were added", () => {
    const keys = new RememberedKeys(1e9);
    const seconds = [86_400, 120, 1395, 1, 3600, 150, 119, 700];
    for (const ttl of seconds) keys.add(`${ttl}`, PLACE, 0, ttl * 1000);
    const all = keys.bytes;
    const known = () => seconds.filter((ttl) => keys.get(`${ttl}`, 0));
    for (const now of [1, 119, 120, 150, 700, 1395, 3600]) {
      keys.sweep(now * 1000);
      // A key may stay until those of a similar time that were added before it are over.
      assert(known().every((ttl) => ttl > now || ttl * 2 > now), `${now} s`);
      assert(keys.bytes < all);
    }
    assertEquals(known(), [86_400]);
    keys.sweep(86_400_000);
    assertEquals([keys.size, keys.bytes], [0, 0]);
  });
});
