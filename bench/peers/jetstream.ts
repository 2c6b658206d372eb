import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Disk, onDisk } from "../disks/disk.ts";
import { DataFolder } from "../disks/data_folder.ts";
import type { Peer } from "./mod.ts";
import { natsProgram } from "./nats.ts";
import {
  freePorts,
  type ServerProcess,
  startOnPorts,
} from "./server_process.ts";

/** How JetStream syncs its files: every two minutes, or each message before its acknowledgement. */
export type JetStreamSync = "default" | "always";

/** Returns the name of JetStream with one way to sync in tables. */
export function jetStreamName(sync: JetStreamSync): string {
  return sync === "always" ? "JetStream, sync always" : "JetStream";
}

/** Returns nats-server with JetStream, which stores messages in files. */
export function jetStream(sync: JetStreamSync, disk: Disk): Peer {
  return {
    name: jetStreamName(sync),
    role: "rival",
    start: () => start(sync, disk),
  };
}

async function start(sync: JetStreamSync, disk: Disk): Promise<ServerProcess> {
  const program = natsProgram();
  const [port = 0] = await freePorts(1);
  const folder = new DataFolder();
  const config = join(folder.path, "nats");
  const interval = sync === "always" ? ", sync_interval: always" : "";
  writeFileSync(
    config,
    `host: 127.0.0.1
port: ${port}
jetstream { store_dir: "${folder.path}"${interval} }
`,
  );
  const command = onDisk(disk, [program, "-c", config]);
  return folder.of(await startOnPorts(command, port, port));
}
