import type { Duration } from "../../core/protocol/duration.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Broker } from "../brokers/broker.ts";
import { MemoryBroker } from "../brokers/memory.ts";
import { parseSqliteUrl, type SqliteTarget } from "../brokers/sqlite/url.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";

/** The bounds of each log. */
interface History {
  readonly historySize: number | undefined;
  readonly historyTtl: Duration | undefined;
  readonly historyBytes: number | undefined;
}

/**
 * Creates the broker that is configured.
 *
 * @throws {ConfigError} For a database that can't be used.
 */
export async function createBroker(config: Config): Promise<Broker> {
  const { broker: url = "memory", "memory-budget": memoryBudget } = config;
  const history = {
    historySize: config["history-size"],
    historyTtl: config["history-ttl"],
    historyBytes: config["history-bytes"],
  };
  if (url === "memory") return new MemoryBroker({ ...history, memoryBudget });
  const database = sqliteTargetOf(config);
  if (database) return await openDatabase(database, history, config);
  // The Redis client is loaded only where it is used.
  const { RedisBroker } = await import("../brokers/redis.ts");
  return new RedisBroker({ url, ...history });
}

/** Returns the database that is configured; `undefined` for another broker. */
export function sqliteTargetOf(
  { broker = "memory" }: Config,
): SqliteTarget | undefined {
  const target = parseSqliteUrl(broker);
  return typeof target === "string" ? undefined : target;
}

async function openDatabase(
  target: SqliteTarget,
  history: History,
  config: Config,
): Promise<Broker> {
  const { SqliteBroker } = await import("../brokers/sqlite.ts");
  try {
    return await SqliteBroker.open({
      ...target,
      ...history,
      memoryBudget: config["memory-budget"],
      storageBudget: config["storage-budget"],
    });
  } catch (error) {
    if (!(error instanceof RealtimeError)) throw error;
    throw new ConfigError(error.message);
  }
}
