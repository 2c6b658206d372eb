import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CENTRIFUGO_API_KEY } from "../load/dialects/centrifugo.ts";
import { findGoProgram, goVersion, installWithGo } from "./go.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

const PROGRAM = {
  name: "centrifugo",
  package: "github.com/centrifugal/centrifugo/v6@latest",
  takes: "two minutes",
} as const;

/**
 * The server's configuration. It keeps as much history as our gateway does by default, its subscribers may recover from it, and none has
 * to answer pings, as the load generator reads nothing but marks.
 */
function configuration(port: number): string {
  return JSON.stringify({
    http_server: { address: "127.0.0.1", port },
    http_api: { key: CENTRIFUGO_API_KEY },
    client: {
      allow_anonymous_connect_without_token: true,
      pong_timeout: "-1ns",
    },
    channel: {
      without_namespace: {
        history_size: 1000,
        history_ttl: "300s",
        force_recovery: true,
        allow_subscribe_for_client: true,
        allow_subscribe_for_anonymous: true,
      },
    },
    log: { level: "error" },
    usage_stats: { disabled: true },
  });
}

/** Returns Centrifugo's program; `undefined` where the machine doesn't have it. */
function findCentrifugo(): string | undefined {
  const program = findGoProgram(PROGRAM.name);
  if (program !== undefined) return program;
  const { error } = spawnSync("centrifugo", ["version"]);
  return error ? undefined : "centrifugo";
}

/** Returns Centrifugo's name and version; empty where the machine doesn't have it. */
export function centrifugoVersion(): string {
  const program = findCentrifugo();
  if (program === undefined) return "";
  // A program that Go installed doesn't know its own version.
  const version = goVersion(program);
  if (version !== undefined) return `Centrifugo ${version}`;
  return spawnSync(program, ["version"], { encoding: "utf8" }).stdout.trim();
}

/** Starts Centrifugo with the memory engine. Where the machine has Go but no Centrifugo, Go installs it first. */
export async function startCentrifugo(): Promise<ServerProcess> {
  const program = findCentrifugo() ?? installWithGo(PROGRAM);
  const [port = 0] = await freePorts(1);
  const config = join(
    mkdtempSync(join(tmpdir(), "tidings-bench-")),
    "centrifugo.json",
  );
  writeFileSync(config, configuration(port));
  return startOnPorts([program, "--config", config], port, port);
}
