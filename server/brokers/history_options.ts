import type { Duration } from "../../core/protocol/duration.ts";
import type { OptionReader } from "../../core/protocol/option_reader.ts";
import type { Retention } from "./log.ts";

/** Options of every broker: the bounds of its logs. */
export interface HistoryOptions {
  /**
   * Messages in a channel's log.
   *
   * @default {1000}
   */
  historySize?: number | undefined;
  /**
   * How long a message stays in the log, at most a year.
   *
   * @default {"5m"}
   */
  historyTtl?: Duration | undefined;
  /**
   * Bytes in a channel's log.
   *
   * @default {8388608}
   */
  historyBytes?: number | undefined;
  /**
   * How long an idempotency key is remembered if its publisher asks for no other time; at most a year.
   *
   * @default {"2m"}
   */
  keyTtl?: Duration | undefined;
}

/** Options of a broker that has logs in memory. */
export interface MemoryOptions extends HistoryOptions {
  /**
   * Bytes in the logs of all channels and in the idempotency keys together. The channel that was idle longest loses its messages
   * first. The keys take half of it at most: beyond that, the oldest are forgotten early.
   *
   * @default {268435456}
   */
  memoryBudget?: number | undefined;
}

/** The options of a broker with every default filled in. */
export interface HistorySettings {
  readonly retention: Retention;
  readonly keyTtlMs: number;
}

/**
 * Reads the options that all brokers share.
 *
 * @throws {RealtimeError} `invalid_argument` for a number or duration that can't be used.
 */
export function historySettings(
  read: OptionReader<HistoryOptions>,
): HistorySettings {
  return {
    retention: {
      size: read.whole("historySize", 1000),
      ttlMs: read.ms("historyTtl", "5m"),
      bytes: read.whole("historyBytes", 8 * 1024 * 1024),
    },
    keyTtlMs: read.ms("keyTtl", "2m"),
  };
}

/** The most bytes that logs take in memory unless an option says otherwise. */
export const MEMORY_BUDGET: number = 256 * 1024 * 1024;
