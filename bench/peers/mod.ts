import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  commandFor,
  type Programs,
  type RuntimeName,
  RUNTIMES,
  TITLES,
} from "../../tests/support/process/programs.ts";
import { deriveTokenKey } from "../../core/protocol/signing_key.ts";
import { startFloor } from "./floor.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startNats } from "./nats.ts";
import { type ServerProcess, startAnnounced } from "./server_process.ts";

/** A server to measure. */
export interface Peer {
  /** A name for tables. */
  readonly name: string;
  /** What it is measured for. */
  readonly role: "gateway" | "bare" | "rival" | "floor";
  /** The runtime, of those that are on one. */
  readonly runtime?: RuntimeName;
  /** Starts it; rejects with a {@linkcode Missing} where the machine doesn't have it. */
  start(programs: Programs): Promise<ServerProcess>;
}

/** What a bare server does on each runtime. */
const BARE = {
  deno: "loop of send",
  bun: "server.publish",
  node: "ws, loop of send",
} as const;

/** The key of all servers of a run that take one. */
export const SIGNING_KEY: string = `signkey-bench-${
  randomBytes(32).toString("hex")
}`;

/** The gateway's command line, which also collects garbage when it is told to. */
export function gatewayCommand(
  programs: Programs,
  runtime: RuntimeName,
): string[] {
  const command = commandFor(
    programs,
    runtime,
    "tests/support/process/gateway_probe.ts",
  );
  command.push("--port", "0", "--signing-key", SIGNING_KEY);
  return command;
}

/** Our gateway, as its command line starts it. */
export function gateway(runtime: RuntimeName): Peer {
  return {
    name: `Tidings on ${TITLES[runtime]}`,
    role: "gateway",
    runtime,
    start: (programs) =>
      startAnnounced(gatewayCommand(programs, runtime), true, SIGNING_KEY),
  };
}

/** A server that only sends on what it gets. */
export function bare(runtime: RuntimeName): Peer {
  return {
    name: `bare ${TITLES[runtime]} (${BARE[runtime]})`,
    role: "bare",
    runtime,
    start: (programs) =>
      startAnnounced(
        commandFor(programs, runtime, `bench/peers/${runtime}.ts`),
        true,
      ),
  };
}

/** A bare server that verifies a token of each that connects, with jose. */
export function bareVerifying(runtime: RuntimeName): Peer {
  return {
    name: `bare ${TITLES[runtime]}, one jose verify`,
    role: "bare",
    runtime,
    async start(programs) {
      const command = commandFor(
        programs,
        runtime,
        `bench/peers/${runtime}.ts`,
      );
      const key = await deriveTokenKey(SIGNING_KEY);
      command.push(Buffer.from(key).toString("hex"));
      return startAnnounced(command, true, SIGNING_KEY);
    },
  };
}

/** Socket.IO on Node. */
export const socketIo: Peer = {
  name: "Socket.IO on Node",
  role: "rival",
  start: (programs) =>
    startAnnounced(
      commandFor(programs, "node", "bench/peers/socket_io.ts"),
      true,
    ),
};

/** nats-server. */
export const nats: Peer = {
  name: "nats-server",
  role: "rival",
  start: startNats,
};

/** Mosquitto. */
export const mosquitto: Peer = {
  name: "Mosquitto",
  role: "rival",
  start: startMosquitto,
};

/** The fewest system calls that could carry the bytes. */
export const floor: Peer = {
  name: "floor (C, one write a turn)",
  role: "floor",
  start: startFloor,
};

/** Gateways and bare servers on the runtimes. */
export function onRuntimes(runtimes: readonly RuntimeName[]): Peer[] {
  return RUNTIMES.filter((name) => runtimes.includes(name))
    .flatMap((runtime) => [gateway(runtime), bare(runtime)]);
}
