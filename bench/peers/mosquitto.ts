import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { requireProgram } from "./missing.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

/** Starts Mosquitto with a WebSocket listener. */
export async function startMosquitto(): Promise<ServerProcess> {
  requireProgram("mosquitto", ["-h"]);
  const [webSocket = 0, tcp = 0] = await freePorts(2);
  const config = join(mkdtempSync(join(tmpdir(), "tidings-bench-")), "mqtt");
  // As root it would switch to a user that may not exist.
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  writeFileSync(
    config,
    `${user}allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
listener ${tcp} 127.0.0.1
listener ${webSocket} 127.0.0.1
protocol websockets
`,
  );
  return startOnPorts(["mosquitto", "-c", config], webSocket, tcp);
}
