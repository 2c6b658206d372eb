/**
 * The gateway's command line: `deno run -A jsr:@tidings/realtime/gateway`, `bun run gateway`, `node server/main.ts`.
 *
 * @example Listen on a free port, in development mode
 * ```sh
 * node server/main.ts --port 0
 * ```
 *
 * @module
 */
import { configure, getConsoleSink } from "@logtape/logtape";
import process from "node:process";
import { RealtimeError } from "../core/protocol/errors.ts";
import { VERSION } from "../core/protocol/version.ts";
import type { Broker } from "./brokers/broker.ts";
import { MemoryBroker } from "./brokers/memory.ts";
import { type Config, ConfigError, FLAGS, readConfig } from "./config.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import type { Server } from "./runtimes/adapter.ts";
import { runtime, serve } from "./runtimes/runtime.ts";

function help(): string {
  const rows = Object.entries(FLAGS).map(([name, { value, text, variable }]) =>
    `  ${`--${name}${value ? ` <${value}>` : ""}`.padEnd(30)}${text}\n${
      " ".repeat(32)
    }${variable}`
  );
  return `tidings ${VERSION}: a realtime gateway

Usage: gateway [options]

${rows.join("\n")}
  --help                        print this
  --version                     print the version
`;
}

async function createBroker(config: Config): Promise<Broker> {
  const { broker: url = "memory" } = config;
  const history = {
    ...given("historySize", config["history-size"]),
    ...given("historyTtl", config["history-ttl"]),
    ...given("historyBytes", config["history-bytes"]),
  };
  if (url === "memory") {
    const budget = given("memoryBudget", config["memory-budget"]);
    return new MemoryBroker({ ...history, ...budget });
  }
  // Loaded where it is used only: one process needs no Redis client.
  const { RedisBroker } = await import("./brokers/redis.ts");
  return new RedisBroker({ url, ...history });
}

async function createFrom(config: Config): Promise<Gateway> {
  return createGateway({
    dev: config.dev,
    broker: await createBroker(config),
    ...given("signingKey", config["signing-key"]),
    ...given("signingKeyFallback", config["signing-key-fallback"]),
    ...given("maxMessageBytes", config["max-message-bytes"]),
    ...given("streamLeaseMs", seconds(config["stream-lease"])),
    ...given("allowedOrigins", config["allowed-origins"]),
  });
}

/** Milliseconds of seconds, if there are any. */
function seconds(n: number | undefined): number | undefined {
  return n === undefined ? undefined : n * 1000;
}

/** An option that is there only if it has a value. */
function given<K extends string, V>(
  name: K,
  value: V | undefined,
): Partial<Record<K, V>> {
  const option: Partial<Record<K, V>> = {};
  if (value !== undefined) option[name] = value;
  return option;
}

async function announce(gateway: Gateway, server: Server): Promise<void> {
  if (gateway.dev) {
    console.error(
      "Development mode: anyone on this machine may publish and subscribe. Set REALTIME_SIGNING_KEY for anything else.",
    );
  }
  console.log(
    `Tidings ${VERSION} on ${(await runtime()).name} listens on ${server.url}`,
  );
}

/** A restart in production is spread over clients; a developer's Ctrl-C is not. */
const SPREAD_MS = { SIGTERM: 10_000, SIGINT: 500 } as const;

function drainOnSignal(gateway: Gateway, server: Server): void {
  let draining = false;
  async function drain(signal: keyof typeof SPREAD_MS): Promise<void> {
    // A second signal means it: whoever sent it doesn't want to wait.
    if (draining) process.exit(1);
    draining = true;
    await gateway.drain({ spreadMs: SPREAD_MS[signal] });
    await gateway.close();
    await server.close();
    process.exit(0);
  }
  process.on("SIGTERM", () => drain("SIGTERM"));
  process.on("SIGINT", () => drain("SIGINT"));
}

async function run(config: Config): Promise<void> {
  await configure({
    sinks: { console: getConsoleSink() },
    loggers: [
      {
        category: "tidings",
        sinks: ["console"],
        lowestLevel: config["log-level"] ?? "info",
      },
      {
        category: ["logtape", "meta"],
        sinks: ["console"],
        lowestLevel: "error",
      },
    ],
  });
  const gateway = await createFrom(config);
  const { port, host: hostname } = config;
  const server = await serve(gateway, { port, hostname });
  // Before the line that says it runs: who waits for that may stop it at once.
  drainOnSignal(gateway, server);
  await announce(gateway, server);
}

/** Does what the command line says; a mistake in it is one line and exit code 2. */
async function main(): Promise<void> {
  try {
    const command = readConfig(process.argv.slice(2), process.env);
    if (command.run === "help") console.log(help());
    else if (command.run === "version") console.log(VERSION);
    else await run(command.config);
  } catch (error) {
    const expected = error instanceof ConfigError ||
      error instanceof RealtimeError;
    console.error(expected ? error.message : error);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

await main();
