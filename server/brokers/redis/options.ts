import type { MemoryBrokerOptions } from "../memory.ts";

/** Options of a Redis broker. */
export interface RedisBrokerOptions
  extends Omit<MemoryBrokerOptions, "memoryBudget" | "now"> {
  /**
   * `redis://[user:password@]host[:port][,host…][/database][?prefix=…]`, `rediss:` for an encrypted connection. Several hosts are servers of
   * one cluster; the broker discovers the others. Every key begins with the prefix, `tidings:` by default.
   */
  url: string;
  /**
   * Milliseconds between two comparisons of each followed channel with Redis, at most 10,000. A message that pub/sub lost is late by at
   * most this time, and a loss of Redis's data is noticed within it. A connection that is silent for this long is probed; the subscribers
   * of a gateway that is silent for three times as long are no longer counted.
   *
   * @default {10000}
   */
  checkIntervalMs?: number | undefined;
  /**
   * Milliseconds within which Redis must answer. After that the broker closes the connection, and the commands that wait for it fail. While
   * there is no connection, a command fails after two thirds of this time.
   *
   * @default {3000}
   */
  timeoutMs?: number | undefined;
}

/**
 * Returns an option that is a whole number.
 *
 * @throws {RangeError} For any other number.
 */
export function whole(
  options: RedisBrokerOptions,
  name: Exclude<keyof RedisBrokerOptions, "url">,
  fallback: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const value = options[name] ?? fallback;
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new RangeError(
    `Cannot create a Redis broker: "${name}" is ${value}, it must be a whole number from 1 to ${max}`,
  );
}
