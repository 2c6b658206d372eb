import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGoProgram, installWithGo } from "./go.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

const PROGRAM = {
  name: "nats-server",
  package: "github.com/nats-io/nats-server/v2@latest",
  takes: "half a minute",
} as const;

/**
 * Returns the program of nats-server, which Go installs where it is missing. The one of the system's packages is years older.
 *
 * @throws {Missing} When Go can't.
 */
export function natsProgram(): string {
  return findGoProgram(PROGRAM.name) ?? installWithGo(PROGRAM);
}

/** Returns the name and version of nats-server; empty where Go hasn't installed it yet. */
export function natsVersion(): string {
  const program = findGoProgram(PROGRAM.name);
  if (program === undefined) return "";
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return stdout?.trim() ?? "";
}

/** Starts nats-server with a WebSocket listener. */
export async function startNats(): Promise<ServerProcess> {
  const program = natsProgram();
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
