import { groupKey, GROUPS } from "./keys.ts";
import type { RedisServer } from "./server.ts";
import type { Servers } from "./servers.ts";

/** How long a server may take to say that it is well. */
const ANSWER_MS = 2_000;

/** Milliseconds after which what was written to see whether it can be is gone. */
const WRITTEN_MS = 1_000;

/**
 * Tells whether every server can be used: it takes what is written, so it is no replica, not full and not read-only, and it sends what
 * is live. Answers in two seconds.
 */
export async function checkHealth(
  servers: Servers,
  prefix: string,
  gateway: string,
): Promise<{ ok: boolean; detail?: string }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(
      () => resolve("Redis can't be used: it doesn't answer"),
      ANSWER_MS,
    );
  });
  const check = async (): Promise<string | undefined> => {
    // Just started, it may not know any yet.
    await servers.locate(0);
    await Promise.all(
      servers.all.map((server) => write(servers, server, prefix, gateway)),
    );
    return undefined;
  };
  try {
    const problem = await Promise.race([
      check().catch((error) => String(Object(error).message)),
      late,
    ]);
    const detail = servers.problem ?? problem;
    return detail === undefined ? { ok: true } : { ok: false, detail };
  } finally {
    clearTimeout(timer);
  }
}

async function write(
  servers: Servers,
  server: RedisServer,
  prefix: string,
  gateway: string,
): Promise<void> {
  let group = 0;
  while (group < GROUPS && servers.serverOf(group) !== server) group++;
  const key = groupKey(prefix, group, "health", gateway);
  await servers.send(group, ["SET", key, "", "PX", String(WRITTEN_MS)]);
}
