import { configure, getConsoleSink } from "@logtape/logtape";
import process from "node:process";
import { RealtimeError } from "../core/protocol/errors.ts";
import { VERSION } from "../core/protocol/version.ts";
import type { Broker } from "./brokers/broker.ts";
import { MemoryBroker } from "./brokers/memory.ts";
import {
  type Config,
  ConfigError,
  FLAGS,
  readConfig,
  variableOf,
} from "./config.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import type { Server } from "./runtimes/adapter.ts";
import { runtime, serve } from "./runtimes/runtime.ts";

function help(): string {
  const rows = Object.entries(FLAGS).map(([name, [text, value]]) => {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    return `  ${flag.padEnd(30)}${text}\n${" ".repeat(32)}${variableOf(name)}`;
  });
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
    historySize: config["history-size"],
    historyTtl: config["history-ttl"],
    historyBytes: config["history-bytes"],
  };
  if (url === "memory") {
    const memoryBudget = config["memory-budget"];
    return new MemoryBroker({ ...history, memoryBudget });
  }
  // The Redis client is loaded only where it is used.
  const { RedisBroker } = await import("./brokers/redis.ts");
  return new RedisBroker({ url, ...history });
}

/** Milliseconds over which clients reconnect: long for a restart in production, short for a developer's Ctrl-C. */
const SPREAD_MS = { SIGTERM: 10_000, SIGINT: 500 } as const;

function drainOnSignal(gateway: Gateway, server: Server): void {
  let draining = false;
  async function drain(signal: keyof typeof SPREAD_MS): Promise<void> {
    // A second signal asks to exit at once.
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
  const sinks: "console"[] = ["console"];
  const { "log-level": lowestLevel = "info" } = config;
  await configure({
    sinks: { console: getConsoleSink() },
    loggers: [
      { category: "tidings", sinks, lowestLevel },
      { category: ["logtape", "meta"], sinks, lowestLevel: "error" },
    ],
  });
  const { port, host: hostname, dev, "stream-lease": lease } = config;
  const gateway = createGateway({
    dev,
    broker: await createBroker(config),
    signingKey: config["signing-key"],
    signingKeyFallback: config["signing-key-fallback"],
    adminKey: config["admin-key"],
    maxMessageBytes: config["max-message-bytes"],
    streamLeaseMs: lease && lease * 1000,
    allowedOrigins: config["allowed-origins"],
  });
  const server = await serve(gateway, { port, hostname });
  // A process that waits for the announcement may send a signal right after it.
  drainOnSignal(gateway, server);
  if (dev) {
    console.error(
      "Development mode: anyone on this machine may publish and subscribe. Set REALTIME_SIGNING_KEY for anything else.",
    );
  }
  const { name } = await runtime();
  console.log(`Tidings ${VERSION} on ${name} listens on ${server.url}`);
}

/**
 * Runs the command line. A mistake in it is reported in one line, with exit code 2.
 *
 * @throws For what neither the operator nor the broker can cause.
 */
export async function runCommandLine(): Promise<void> {
  try {
    const command = readConfig(process.argv.slice(2), process.env);
    if (command.run === "help") console.log(help());
    else if (command.run === "version") console.log(VERSION);
    else await run(command.config);
  } catch (error) {
    const isMistake = error instanceof ConfigError;
    if (!isMistake && !(error instanceof RealtimeError)) throw error;
    console.error(error.message);
    process.exit(isMistake ? 2 : 1);
  }
}
