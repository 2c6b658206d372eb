import { startRedis } from "../../tests/support/brokers/redis.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
  TITLES,
} from "../../tests/support/process/programs.ts";
import { requireProgram } from "./missing.ts";
import { gatewayCommand, type Peer, SIGNING_KEY } from "./mod.ts";
import { type ServerProcess, startAnnounced } from "./server_process.ts";

/** Returns two of our gateways on one Redis: subscribers connect to one, publishers to the other. */
export function gatewaysOnRedis(runtime: RuntimeName): Peer {
  return {
    name: `Tidings on ${TITLES[runtime]}, Redis`,
    role: "gateway",
    runtime,
    start: (programs) =>
      startPair((url) => {
        const command = gatewayCommand(programs, runtime);
        return [...command, "--broker", url];
      }, SIGNING_KEY),
  };
}

/** Two Socket.IO servers with the Redis Streams adapter. */
export const socketIoOnRedis: Peer = {
  name: "Socket.IO on Node, Redis Streams",
  role: "rival",
  start: (programs: Programs) =>
    startPair((url) => [
      ...commandFor(programs, "node", "bench/peers/socket_io_redis.ts"),
      url,
    ]),
};

/** Starts Redis and two servers that use it. The CPU time of all three is measured. */
async function startPair(
  command: (url: string) => string[],
  signingKey?: string,
): Promise<ServerProcess> {
  requireProgram("redis-server", ["--version"]);
  const redis = await startRedis();
  const start = () => startAnnounced(command(redis.url), true, signingKey);
  const [near, far] = await Promise.all([start(), start()]);
  const info = String(await redis.command("INFO", "server"));
  const [, redisPid] = /process_id:(\d+)/.exec(info) ?? [];
  return {
    ...near,
    pids: [near.pid, far.pid, Number(redisPid)],
    publishPort: far.publishPort,
    async [Symbol.asyncDispose]() {
      await Promise.all([near, far].map((one) => one[Symbol.asyncDispose]()));
      await redis.kill();
    },
  };
}
