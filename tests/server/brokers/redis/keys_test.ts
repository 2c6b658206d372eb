import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  channelKeys,
  crc16,
  GROUPS,
  idempotencyKey,
  slotOf,
} from "../../../../server/brokers/redis/keys.ts";

describe("channelKeys()", () => {
  it("puts all keys of a channel into one slot, whatever its name", () => {
    for (const channel of ["c", "a{b}c", "}{", "{}", "名前", "x".repeat(255)]) {
      const { group, ...names } = channelKeys("p:", channel);
      const key = idempotencyKey("p:", group, channel, "{k}");
      for (const name of [...Object.values(names), key]) {
        assertEquals(/\{(.*?)\}/.exec(name)?.[1], `${group}`);
      }
      assertEquals(new Set(Object.values(names)).size, 4);
    }
  });

  it("spreads channels over all groups, and groups over all servers", () => {
    const groups = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      groups.add(channelKeys("", `user:${i}`).group);
    }
    assertEquals(groups.size, GROUPS);
    const thirds = [0, 0, 0];
    for (let group = 0; group < GROUPS; group++) {
      const third = Math.floor(slotOf(group) * 3 / 16384);
      thirds[third] = (thirds[third] ?? 0) + 1;
    }
    assert(Math.min(...thirds) > 0.9 * Math.max(...thirds), `${thirds}`);
  });
});

describe("crc16()", () => {
  it("returns the checksums of Redis", () => {
    assertEquals(crc16("123456789"), 0x31c3);
  });
});
