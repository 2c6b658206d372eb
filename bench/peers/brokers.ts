import { join } from "node:path";
import {
  type Programs,
  type RuntimeName,
  TITLES,
} from "../../tests/support/process/programs.ts";
import { DataFolder } from "../disks/data_folder.ts";
import { type Disk, onDisk } from "../disks/disk.ts";
import { requireProgram } from "./missing.ts";
import { gatewayCommand, type Peer, SIGNING_KEY } from "./mod.ts";
import {
  freePorts,
  type ServerProcess,
  startAnnounced,
  startOnPorts,
} from "./server_process.ts";

/** The brokers that are compared, by their names in tables. For Redis it says how it syncs its append-only file. */
export const BROKERS = [
  "memory broker",
  "SQLite",
  "SQLite, normal",
  "Redis, everysec",
  "Redis, always",
] as const;

/** The name of a broker. */
export type BrokerName = typeof BROKERS[number];

/** Returns the name of our gateway's lane with a broker. */
export function brokerName(runtime: RuntimeName, broker: BrokerName): string {
  return `Tidings on ${TITLES[runtime]}, ${broker}`;
}

/** Returns our gateway on a runtime with a broker that writes to a disk. */
export function gatewayWith(
  runtime: RuntimeName,
  broker: BrokerName,
  disk: Disk,
): Peer {
  return {
    name: brokerName(runtime, broker),
    role: "gateway",
    runtime,
    start(programs) {
      switch (broker) {
        case "memory broker":
          return startGateway(programs, runtime, disk, "memory");
        case "SQLite":
          return startOnFile(programs, runtime, disk, "");
        case "SQLite, normal":
          return startOnFile(programs, runtime, disk, "?synchronous=normal");
        case "Redis, everysec":
          return startOnRedis(programs, runtime, disk, "everysec");
        case "Redis, always":
          return startOnRedis(programs, runtime, disk, "always");
      }
    },
  };
}

function startGateway(
  programs: Programs,
  runtime: RuntimeName,
  disk: Disk,
  broker: string,
): Promise<ServerProcess> {
  const command = gatewayCommand(programs, runtime);
  command.push("--broker", broker);
  return startAnnounced(onDisk(disk, command), true, SIGNING_KEY);
}

async function startOnFile(
  programs: Programs,
  runtime: RuntimeName,
  disk: Disk,
  query: string,
): Promise<ServerProcess> {
  const folder = new DataFolder();
  const url = `sqlite:${join(folder.path, "tidings.db")}${query}`;
  return folder.of(await startGateway(programs, runtime, disk, url));
}

/** Starts Redis, which appends to a file on the disk, and a gateway that uses it. The CPU time and the memory of both are measured. */
async function startOnRedis(
  programs: Programs,
  runtime: RuntimeName,
  disk: Disk,
  sync: "everysec" | "always",
): Promise<ServerProcess> {
  requireProgram("redis-server", ["--version"]);
  const folder = new DataFolder();
  const [port = 0] = await freePorts(1);
  const command = [
    ...["redis-server", "--port", `${port}`, "--bind", "127.0.0.1"],
    ...["--dir", folder.path, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", sync],
  ];
  const redis = await startOnPorts(onDisk(disk, command), port, port);
  const url = `redis://127.0.0.1:${port}`;
  const gateway = await startGateway(programs, runtime, disk, url);
  return folder.of({
    ...gateway,
    pids: [gateway.pid, redis.pid],
    async residentBytes() {
      return await gateway.residentBytes() + await redis.residentBytes();
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  });
}
