import { getLogger } from "@logtape/logtape";
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
import { logToConsole } from "./log/console_log.ts";
import { lastLine, logFormatOf } from "./log/log_format.ts";
import { serve } from "./runtimes/runtime.ts";

const logger = getLogger(["tidings", "gateway"]);

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

/** A gateway, with its server once that listens. */
interface Serving {
  readonly gateway: Gateway;
  server?: Server;
}

function drainOnSignal(serving: Serving): void {
  const { gateway } = serving;
  let draining = false;
  async function drain(signal: keyof typeof SPREAD_MS): Promise<void> {
    // A second signal asks to exit at once.
    if (draining) process.exit(1);
    draining = true;
    await gateway.drain({ spreadMs: SPREAD_MS[signal] });
    await gateway.close();
    await serving.server?.close();
    process.exit(0);
  }
  process.on("SIGTERM", () => drain("SIGTERM"));
  process.on("SIGINT", () => drain("SIGINT"));
}

/** Says that anyone on this machine may use the gateway, and what a key is for then. */
function warnOfDevelopment(hasKey: boolean): void {
  const advice = hasKey
    ? "--dev (REALTIME_DEV) wins over the signing key, which only signs and checks tokens; leave --dev out to require the key"
    : "set REALTIME_SIGNING_KEY for anything else";
  const message =
    `Development mode: anyone on this machine may publish and subscribe; ${advice}`;
  logger.warning("{message}", { event: "development", message });
}

async function run(config: Config): Promise<void> {
  const { port, host: hostname, dev, "stream-lease": lease } = config;
  const { "log-level": level, "log-format": format } = config;
  await logToConsole({ level, format, dev });
  const signingKey = config["signing-key"];
  const broker = await createBroker(config);
  const gateway = createGateway({
    dev,
    broker,
    signingKey,
    signingKeyFallback: config["signing-key-fallback"],
    adminKey: config["admin-key"],
    maxMessageBytes: config["max-message-bytes"],
    streamLeaseMs: lease && lease * 1000,
    allowedOrigins: config["allowed-origins"],
  });
  const serving: Serving = { gateway };
  // A process that waits for the line with the URL may send a signal right after it.
  drainOnSignal(serving);
  // A broker that can't be reached is in the log before that line.
  await broker.health();
  serving.server = await serve(gateway, { port, hostname });
  if (dev) warnOfDevelopment(signingKey !== undefined);
}

/**
 * Runs the command line. A mistake in it is reported in one line, with exit code 2.
 *
 * @throws For what neither the operator nor the broker can cause.
 */
export async function runCommandLine(): Promise<void> {
  const args = process.argv.slice(2);
  try {
    const command = readConfig(args, process.env);
    if (command.run === "help") console.log(help());
    else if (command.run === "version") console.log(VERSION);
    else await run(command.config);
  } catch (error) {
    const isMistake = error instanceof ConfigError;
    if (!isMistake && !(error instanceof RealtimeError)) throw error;
    console.error(lastLine(error.message, logFormatOf(args, process.env)));
    process.exit(isMistake ? 2 : 1);
  }
}
