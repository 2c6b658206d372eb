import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  added,
  findIn,
  isIn,
  removed,
  sizeOf,
  type SmallMap,
  valuesOf,
} from "../../../server/sessions/small_map.ts";

describe("a small map", () => {
  it("finds, adds and removes values, however many there are", () => {
    const values = Array.from({ length: 20 }, (_, i) => ({ key: `${i}` }));
    let map: SmallMap<{ readonly key: string }> = [];
    for (const value of values) {
      assertEquals([isIn(map, value), findIn(map, value.key)], [
        false,
        undefined,
      ]);
      map = added(map, value);
      assertEquals(isIn(map, { ...value }), false);
    }
    assertEquals(map instanceof Map, true);
    assertEquals(valuesOf(map), values);
    for (const [index, value] of values.entries()) {
      assertEquals([sizeOf(map), findIn(map, value.key)], [20 - index, value]);
      map = removed(map, value);
      map = removed(map, value);
      assertEquals(valuesOf(map), values.slice(index + 1));
    }
    assertEquals(Array.isArray(map), true);
  });
});
