import { createClient } from "@redis/client";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { redisPath } from "../requirements.ts";
import { until } from "../until.ts";

/** A real Redis server in a process of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** Sends a command on a new connection. */
  command(...args: string[]): Promise<unknown>;
  /** Suspends the process; its connections stay open. */
  pause(): void;
  /** Resumes the process. */
  resume(): void;
  /** Kills the process; nothing is saved. */
  kill(): Promise<void>;
}

/** The running servers. They are killed when this process ends. */
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Finds a free TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/**
 * Starts a Redis server that stores nothing on disk.
 *
 * @param options Command line options, such as `["--maxmemory", "10mb"]`.
 * @param wanted The port; a free one by default.
 */
export async function startRedis(
  options: readonly string[] = [],
  wanted?: number,
): Promise<RedisServer> {
  if (wanted !== undefined) return await startOn(wanted, options);
  for (;;) {
    try {
      return await startOn(await freePort(), options);
    } catch (error) {
      // Another process has taken the port meanwhile, or the one for a cluster's bus, which is 10,000 higher.
      if (!String(error).includes("Failed listening on port")) throw error;
    }
  }
}

async function startOn(
  port: number,
  options: readonly string[],
): Promise<RedisServer> {
  const path = redisPath();
  if (path === undefined) throw new Error("There is no redis-server");
  const folder = await mkdtemp(join(tmpdir(), "tidings-redis-"));
  const child = spawn(path, [
    ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
    ...["--save", "", "--appendonly", "no", ...options],
  ], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  await ready(child);
  let isRunning = true;
  async function kill(): Promise<void> {
    if (!isRunning) return;
    isRunning = false;
    const exit = once(child, "exit");
    if (child.pid !== undefined) process.kill(child.pid, "SIGKILL");
    await exit;
    running.delete(child);
    await rm(folder, { recursive: true, force: true });
  }
  const signal = (name: "SIGSTOP" | "SIGCONT"): void => {
    if (child.pid !== undefined) process.kill(child.pid, name);
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (...args) => command(port, args),
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function ready(child: ChildProcess): Promise<void> {
  let output = "";
  const { stdout } = child;
  if (!stdout) return;
  await new Promise<void>((resolve, reject) => {
    stdout.on("data", (bytes) => {
      output += bytes;
      if (output.includes("Ready to accept connections")) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server: ${output}`)));
  });
}

async function command(port: number, args: string[]): Promise<unknown> {
  const client = createClient({
    socket: { host: "127.0.0.1", port, reconnectStrategy: false },
    maintNotifications: "disabled",
    disableClientInfo: true,
    commandOptions: { timeout: undefined },
  });
  client.on("error", () => {});
  await client.connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
}

/** A Redis cluster of three masters. */
export interface RedisCluster extends AsyncDisposable {
  readonly servers: readonly RedisServer[];
  /** Returns the master that has a key. */
  serverOf(key: string): Promise<RedisServer>;
  /** Adds a replica of a master. */
  addReplica(master: RedisServer): Promise<RedisServer>;
  /** Moves the slot of a key, with all its keys, to another master. */
  move(key: string, to: RedisServer): Promise<void>;
  /** A Redis URL with two of the servers. */
  readonly url: string;
  kill(): Promise<void>;
}

const SLOTS = 16384;

/** Starts a cluster of three masters. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([0, 1, 2].map(() => startMember()));
  const replicas: RedisServer[] = [];
  const [first] = servers;
  for (const [i, server] of servers.entries()) {
    const from = Math.ceil(SLOTS * i / 3);
    const to = Math.ceil(SLOTS * (i + 1) / 3) - 1;
    await server.command("CLUSTER", "ADDSLOTSRANGE", `${from}`, `${to}`);
    await server.command("CLUSTER", "SET-CONFIG-EPOCH", `${i + 1}`);
    await server.command("CLUSTER", "MEET", "127.0.0.1", `${first?.port}`);
  }
  for (const server of servers) await knows(server, 3);
  const [a, b] = servers.map(({ port }) => `127.0.0.1:${port}`);

  async function kill(): Promise<void> {
    await Promise.all([...servers, ...replicas].map((one) => one.kill()));
  }

  async function serverOf(key: string): Promise<RedisServer> {
    const slot = await first?.command("CLUSTER", "KEYSLOT", key);
    const server = servers[Math.floor(Number(slot) * 3 / SLOTS)];
    if (!server) throw new Error(`No server has ${key}`);
    return server;
  }

  async function addReplica(master: RedisServer): Promise<RedisServer> {
    const replica = await startMember();
    replicas.push(replica);
    await replica.command("CLUSTER", "MEET", "127.0.0.1", `${master.port}`);
    await knows(replica, 3 + replicas.length);
    const id = await master.command("CLUSTER", "MYID");
    await replica.command("CLUSTER", "REPLICATE", `${id}`);
    await until(async () => {
      const info = String(await replica.command("INFO", "replication"));
      return info.includes("master_link_status:up");
    });
    for (const server of servers) {
      await until(async () => {
        const nodes = String(await server.command("CLUSTER", "NODES"));
        return nodes.includes(`slave ${id}`);
      });
    }
    return replica;
  }

  async function move(key: string, to: RedisServer): Promise<void> {
    const from = await serverOf(key);
    const slot = `${await from.command("CLUSTER", "KEYSLOT", key)}`;
    const ids = await Promise.all(
      [from, to].map((one) => one.command("CLUSTER", "MYID")),
    );
    const [source, destination] = ids.map(String);
    await to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", `${source}`);
    await from.command(
      ...["CLUSTER", "SETSLOT", slot, "MIGRATING", `${destination}`],
    );
    for (;;) {
      const keys = await from.command("CLUSTER", "GETKEYSINSLOT", slot, "10");
      if (!Array.isArray(keys) || keys.length === 0) break;
      await from.command(
        ...["MIGRATE", "127.0.0.1", `${to.port}`, "", "0", "5000", "KEYS"],
        ...keys.map(String),
      );
    }
    for (const server of [to, from]) {
      await server.command(
        "CLUSTER",
        "SETSLOT",
        slot,
        "NODE",
        `${destination}`,
      );
    }
  }

  return {
    servers,
    url: `redis://${a},${b}`,
    serverOf,
    addReplica,
    move,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

function startMember(): Promise<RedisServer> {
  return startRedis([
    ...["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"],
    ...["--repl-diskless-sync-delay", "0"],
  ]);
}

/** Waits until a server knows a number of servers, and every slot is served. */
async function knows(server: RedisServer, count: number): Promise<void> {
  await until(async () => {
    const info = String(await server.command("CLUSTER", "INFO"));
    return info.includes("cluster_state:ok") &&
      info.includes(`cluster_known_nodes:${count}`);
  });
}
