/** Maximum length of a list. More values are in a map, which finds each of them at the same cost. */
const FEW = 8;

/** A value that knows its key. */
export interface Keyed {
  readonly key: string;
}

/**
 * Values by their keys. Most connections have one grant and one channel, and a list takes 0.3 KB less than a map on Bun; a client that
 * has many must not make the gateway search all of them for each of its frames.
 */
export type SmallMap<V extends Keyed> = readonly V[] | Map<string, V>;

export function sizeOf(map: SmallMap<Keyed>): number {
  return map instanceof Map ? map.size : map.length;
}

/** Returns all values, the oldest first. */
export function valuesOf<V extends Keyed>(map: SmallMap<V>): V[] {
  return [...map.values()];
}

/** Finds the value with a key. */
export function findIn<V extends Keyed>(
  map: SmallMap<V>,
  key: string,
): V | undefined {
  if (map instanceof Map) return map.get(key);
  return map.find((value) => value.key === key);
}

export function isIn<V extends Keyed>(map: SmallMap<V>, value: V): boolean {
  if (map instanceof Map) return map.get(value.key) === value;
  return map.includes(value);
}

/** Adds a value whose key no other value has; returns what takes the map's place. */
export function added<V extends Keyed>(
  map: SmallMap<V>,
  value: V,
): SmallMap<V> {
  if (map instanceof Map) return map.set(value.key, value);
  const list = [...map, value];
  if (list.length <= FEW) return list;
  return new Map(list.map((value) => [value.key, value]));
}

/** Removes a value; returns what takes the map's place. */
export function removed<V extends Keyed>(
  map: SmallMap<V>,
  value: V,
): SmallMap<V> {
  if (!(map instanceof Map)) return map.filter((other) => other !== value);
  map.delete(value.key);
  // At half of what a list may have, so that the next value doesn't make another map.
  return map.size > FEW / 2 ? map : [...map.values()];
}
