import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  commandFor,
  type Programs,
  type RuntimeName,
  TITLES,
} from "../../tests/support/process/programs.ts";
import { deriveTokenKey } from "../../core/protocol/signing_key.ts";
import { startCentrifugo } from "./centrifugo.ts";
import { startFloor } from "./floor.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startNats } from "./nats.ts";
import { type ServerProcess, startAnnounced } from "./server_process.ts";

/** A server that is measured. */
export interface Peer {
  /** Its name in tables. */
  readonly name: string;
  /** The part that it plays in comparisons. */
  readonly role: "gateway" | "bare" | "rival" | "floor";
  /** Its runtime, if it runs on one of ours. */
  readonly runtime?: RuntimeName;
  /**
   * Starts it.
   *
   * @throws {Missing} When the machine doesn't have it.
   */
  start(programs: Programs): Promise<ServerProcess>;
}

/** How the bare server of each runtime sends. */
const BARE = {
  deno: "loop of send",
  bun: "server.publish",
  node: "ws, loop of send",
} as const;

/** The signing key of all gateways of a run. */
export const SIGNING_KEY: string = `signkey-bench-${
  randomBytes(32).toString("hex")
}`;

/**
 * Returns the command of a gateway that collects garbage on request.
 *
 * @param folder The checkout whose gateway it is; by default this one.
 */
export function gatewayCommand(
  programs: Programs,
  runtime: RuntimeName,
  folder = ".",
): string[] {
  const command = commandFor(
    programs,
    runtime,
    `${folder}/tests/support/process/gateway_probe.ts`,
  );
  command.push("--port", "0", "--signing-key", SIGNING_KEY);
  return command;
}

/**
 * Returns our gateway on a runtime, started by its command line.
 *
 * @param before The other checkout whose gateway it is, in a comparison.
 */
export function gateway(runtime: RuntimeName, before?: string): Peer {
  return {
    name: `Tidings on ${TITLES[runtime]}${before ? `, ${before}` : ""}`,
    role: "gateway",
    runtime,
    start: (programs) =>
      startAnnounced(
        gatewayCommand(programs, runtime, before),
        true,
        SIGNING_KEY,
      ),
  };
}

/** The admin key of all gateways of a run. */
export const ADMIN_KEY: string = randomBytes(32).toString("hex");

/** Returns our gateway on a runtime with an admin key, so that operators can ask it. */
export function operatedGateway(runtime: RuntimeName): Peer {
  return {
    name: `Tidings on ${TITLES[runtime]}, with an admin key`,
    role: "gateway",
    runtime,
    start(programs) {
      const command = gatewayCommand(programs, runtime);
      command.push("--admin-key", ADMIN_KEY);
      return startAnnounced(command, true, SIGNING_KEY);
    },
  };
}

/** Returns the bare server of a runtime, which only forwards what is posted. */
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

/** Returns a bare server that also verifies the token of each connection, with jose. */
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

/** Centrifugo, with history and recovery. */
export const centrifugo: Peer = {
  name: "Centrifugo",
  role: "rival",
  start: startCentrifugo,
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

/** The server with the fewest system calls. */
export const floor: Peer = {
  name: "floor (C, one write a turn)",
  role: "floor",
  start: startFloor,
};
