import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "./missing.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

/** Starts nats-server with a WebSocket listener. */
export async function startNats(): Promise<ServerProcess> {
  requireProgram("nats-server", ["--version"]);
  const [webSocket = 0, tcp = 0] = await freePorts(2);
  const config = join(mkdtempSync(join(tmpdir(), "tidings-bench-")), "nats");
  writeFileSync(
    config,
    `host: 127.0.0.1
port: ${tcp}
websocket { host: 127.0.0.1, port: ${webSocket}, no_tls: true }
`,
  );
  return startOnPorts(["nats-server", "-c", config], webSocket, tcp);
}
