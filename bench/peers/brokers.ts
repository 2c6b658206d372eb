import { join } from "node:path";
import {
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

/** Those that run in the gateway's process. */
export const LOCAL_BROKERS: readonly BrokerName[] = [
  "memory broker",
  "SQLite",
  "SQLite, normal",
];

/** Returns the name of our gateway's lane with a broker. */
export function brokerName(runtime: RuntimeName, broker: BrokerName): string {
  return `Tidings on ${TITLES[runtime]}, ${broker}`;
}

/** A gateway with a broker. */
export interface BrokerSetUp {
  readonly runtime: RuntimeName;
  readonly broker: BrokerName;
  /** The disk that the broker writes to. */
  readonly disk: Disk;
  /**
   * The other checkout whose gateway it is, in a comparison.
   *
   * @default {this one}
   */
  readonly before?: string;
}

/** Starts a gateway with the value of `--broker`. */
type StartGateway = (broker: string) => Promise<ServerProcess>;

/** Returns our gateway with a broker. */
export function gatewayWith(
  { runtime, broker, disk, before }: BrokerSetUp,
): Peer {
  return {
    name: brokerName(runtime, broker) + (before ? `, ${before}` : ""),
    role: "gateway",
    runtime,
    start(programs) {
      const command = gatewayCommand(programs, runtime, before);
      return STARTS[broker](
        (url) =>
          startAnnounced(
            onDisk(disk, [...command, "--broker", url]),
            true,
            SIGNING_KEY,
          ),
        disk,
      );
    },
  };
}

/** How a gateway with each broker is started. */
const STARTS: Readonly<
  Record<
    BrokerName,
    (start: StartGateway, disk: Disk) => Promise<ServerProcess>
  >
> = {
  "memory broker": (start) => start("memory"),
  "SQLite": (start) => startOnFile(start, ""),
  "SQLite, normal": (start) => startOnFile(start, "?synchronous=normal"),
  "Redis, everysec": (start, disk) => startOnRedis(start, disk, "everysec"),
  "Redis, always": (start, disk) => startOnRedis(start, disk, "always"),
};

async function startOnFile(
  start: StartGateway,
  query: string,
): Promise<ServerProcess> {
  const folder = new DataFolder();
  const path = join(folder.path, "tidings.db");
  return folder.of(await start(`sqlite:${path}${query}`));
}

/** Starts Redis, which appends to a file, and a gateway that uses it. The CPU time and the memory of both are measured. */
async function startOnRedis(
  start: StartGateway,
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
  const gateway = await start(`redis://127.0.0.1:${port}`);
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
