import { getLogger } from "@logtape/logtape";
import process from "node:process";
import { createGateway, type Gateway } from "../gateway.ts";
import { logToConsole } from "../log/console_log.ts";
import type { Server } from "../runtimes/adapter.ts";
import { serve } from "../runtimes/runtime.ts";
import type { Config } from "./config.ts";
import { createBroker, sqliteTargetOf } from "./create_broker.ts";

const logger = getLogger(["tidings", "gateway"]);

/** The time over which clients reconnect: long for a restart in production, short for a developer's Ctrl-C. */
const SPREAD = { SIGTERM: "10s", SIGINT: "500ms" } as const;

/** A gateway, with its server once that listens. */
interface Serving {
  readonly gateway: Gateway;
  server?: Server;
}

/**
 * Runs a gateway until a signal ends the process. Resolves when it listens.
 *
 * @throws {ConfigError} For a database that can't be used.
 * @throws {RealtimeError} Where it can't listen.
 */
export async function runGateway(config: Config): Promise<void> {
  const { port, host: hostname, dev, "stream-lease": streamLease } = config;
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
    streamLease,
    allowedOrigins: config["allowed-origins"],
  });
  const serving: Serving = { gateway };
  // A process that waits for the line with the URL may send a signal right after it.
  drainOnSignal(serving);
  // A broker that can't be reached is in the log before that line.
  await broker.health();
  serving.server = await serve(gateway, { port, hostname });
  if (dev) warnOfDevelopment(signingKey !== undefined);
  warnOfLosses(config);
}

function drainOnSignal(serving: Serving): void {
  const { gateway } = serving;
  let draining = false;
  async function drain(signal: keyof typeof SPREAD): Promise<void> {
    // A second signal asks to exit at once.
    if (draining) process.exit(1);
    draining = true;
    try {
      await gateway.close({ spread: SPREAD[signal] });
    } catch (error) {
      logger.error("{message}", { event: "failed", ...messageOf(error) });
      // On Node an exit would wait for the thread that waits for the disk.
      process.kill(process.pid, "SIGKILL");
    }
    await serving.server?.close();
    process.exit(0);
  }
  process.on("SIGTERM", () => drain("SIGTERM"));
  process.on("SIGINT", () => drain("SIGINT"));
}

function messageOf(error: unknown): { message: string } {
  return { message: `The gateway did not close: ${Object(error).message}` };
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

/** Says what a restart or a power cut loses, where that is up to this gateway. */
function warnOfLosses(config: Config): void {
  const message = lossesOf(config);
  if (message) logger.warning("{message}", { event: "durability", message });
}

function lossesOf(config: Config): string | undefined {
  const { broker = "memory", dev } = config;
  if (broker === "memory") {
    return dev
      ? undefined
      : "The logs are in memory: a restart loses them; --broker sqlite:./tidings.db keeps them in a file";
  }
  return sqliteTargetOf(config)?.synchronous === "normal"
    ? "synchronous=normal: a power cut may lose the newest acknowledged messages; leave it out to have each on the disk before it is acknowledged"
    : undefined;
}
