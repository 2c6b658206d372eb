import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGoProgram } from "./go.ts";
import { requireProgram } from "./missing.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

/** The name of the program. */
export const NATS_SERVER = "nats-server";

/** Returns the program of nats-server. One that Go installed goes before one of the system's packages, which is older. */
export function findNats(): string {
  return findGoProgram(NATS_SERVER) ?? NATS_SERVER;
}

/** Returns the name and version of nats-server; empty where the machine doesn't have it. */
export function natsVersion(): string {
  const { stdout } = spawnSync(findNats(), ["--version"], { encoding: "utf8" });
  return stdout?.trim() ?? "";
}

/** Starts nats-server with a WebSocket listener. */
export async function startNats(): Promise<ServerProcess> {
  const program = findNats();
  requireProgram(program, ["--version"]);
  const [webSocket = 0, tcp = 0] = await freePorts(2);
  const config = join(mkdtempSync(join(tmpdir(), "tidings-bench-")), "nats");
  writeFileSync(
    config,
    `host: 127.0.0.1
port: ${tcp}
websocket { host: 127.0.0.1, port: ${webSocket}, no_tls: true }
`,
  );
  return startOnPorts([program, "-c", config], webSocket, tcp);
}
