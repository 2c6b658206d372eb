import { within } from "../../../core/time/within.ts";
import { groupKey, GROUPS } from "./keys.ts";
import type { BrokerHealth } from "../broker.ts";
import type { RedisServer } from "./server.ts";
import type { Servers } from "./servers.ts";

/** Milliseconds that a server may take to answer. */
const ANSWER_MS = 2_000;

/** Milliseconds after which the written test key expires. */
const WRITTEN_MS = 1_000;

/**
 * Tells whether every server can be used: it accepts a write, so it is no replica, not full and not read-only, and its connection for live
 * messages is open. Answers within two seconds.
 */
export async function checkHealth(
  servers: Servers,
  prefix: string,
  gateway: string,
): Promise<BrokerHealth> {
  let problem: string | undefined = "Redis can't be used: it doesn't answer";
  async function check(): Promise<void> {
    try {
      // Right after the start no server may be known yet.
      await servers.locate(0);
      await Promise.all(servers.all.map(write));
      problem = undefined;
    } catch (error) {
      problem = String(Object(error).message);
    }
  }
  /** Writes a test key to a server. */
  async function write(server: RedisServer): Promise<void> {
    let group = 0;
    while (group < GROUPS && servers.serverOf(group) !== server) group++;
    const key = groupKey(prefix, group, "health", gateway);
    await servers.send(group, ["SET", key, "", "PX", String(WRITTEN_MS)]);
  }
  await within(ANSWER_MS, check());
  const detail = servers.problem ?? problem;
  return detail === undefined ? { ok: true } : { ok: false, detail };
}
