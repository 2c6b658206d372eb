import type { Duration } from "../../../core/protocol/duration.ts";
import type { HistoryOptions } from "../history_options.ts";

/** Options of a Redis broker. */
export interface RedisBrokerOptions extends HistoryOptions {
  /**
   * `redis://[user:password@]host[:port][,host…][/database][?prefix=…]`, `rediss:` for an encrypted connection. Several hosts are servers of
   * one cluster; the broker discovers the others. Every key begins with the prefix, `tidings:` by default.
   */
  url: string;
  /**
   * The time between two comparisons of each followed channel with Redis, at most 10 seconds. A message that pub/sub lost is late by at
   * most this time, and a loss of Redis's data is noticed within it. A connection that is silent for this long is probed; the subscribers
   * of a gateway that is silent for three times as long are no longer counted.
   *
   * @default {"10s"}
   */
  checkInterval?: Duration | undefined;
  /**
   * The time within which Redis must answer, at most a day. After that the broker closes the connection, and the commands that wait for it fail. While
   * there is no connection, a command fails after two thirds of this time.
   *
   * @default {"3s"}
   */
  timeout?: Duration | undefined;
}
