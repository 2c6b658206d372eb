import { type Nginx, startNginx } from "../support/gateway/nginx.ts";
import { type RedisServer, startRedis } from "../support/brokers/redis.ts";
import { until } from "../support/until.ts";
import { GatewayProcess, type Health } from "./gateway_process.ts";
import type { Programs, RuntimeName } from "../support/process/programs.ts";
import { Proxy } from "./proxy.ts";

/** How a cluster is started. */
export interface ClusterStart {
  readonly programs: Programs;
  /** The runtime of each gateway. */
  readonly runtimes: readonly RuntimeName[];
  readonly signingKey: string;
  /** Further arguments of the gateways' command lines. */
  readonly flags: readonly string[];
}

/** Several gateways behind nginx, on one Redis with a replica. */
export class Cluster {
  readonly nginx: Nginx;
  /** The network between the gateways and Redis. */
  readonly redisNetwork: Proxy;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #start: ClusterStart;
  readonly #gateways: GatewayProcess[];

  private constructor(
    start: ClusterStart,
    parts: Pick<Cluster, "nginx" | "redisNetwork" | "master" | "replica">,
    gateways: GatewayProcess[],
  ) {
    this.#start = start;
    this.nginx = parts.nginx;
    this.redisNetwork = parts.redisNetwork;
    this.master = parts.master;
    this.replica = parts.replica;
    this.#gateways = gateways;
  }

  /** Starts a cluster; resolves when every gateway is healthy. */
  static async start(start: ClusterStart): Promise<Cluster> {
    const undo: Array<() => Promise<void>> = [];
    try {
      const master = await startRedis(["--repl-diskless-sync-delay", "0"]);
      undo.push(() => master.kill());
      const replica = await startRedis([
        ...["--replicaof", "127.0.0.1", `${master.port}`],
      ]);
      undo.push(() => replica.kill());
      await until(async () =>
        String(await replica.command("INFO", "replication"))
          .includes("master_link_status:up")
      );
      const redisNetwork = await Proxy.start(master.port);
      undo.push(() => redisNetwork.close());
      const gateways = await Promise.all(
        start.runtimes.map(async (runtime) => {
          const gateway = await startGateway(start, runtime, redisNetwork);
          undo.push(() => gateway.stop());
          return gateway;
        }),
      );
      const nginx = await startNginx(gateways.map(({ port }) => port));
      const parts = { nginx, redisNetwork, master, replica };
      const cluster = new Cluster(start, parts, gateways);
      await cluster.untilHealthy();
      return cluster;
    } catch (error) {
      await Promise.all(undo.map((stop) => stop()));
      throw error;
    }
  }

  /** The gateways of the cluster. */
  get gateways(): readonly GatewayProcess[] {
    return this.#gateways;
  }

  /** Starts a gateway on the port of one that has ended. */
  async replace(old: GatewayProcess): Promise<void> {
    const index = this.#gateways.indexOf(old);
    const runtime = this.#start.runtimes[index];
    if (runtime === undefined) {
      throw new RangeError("The gateway is not in the cluster");
    }
    this.#gateways[index] = await startGateway(
      this.#start,
      runtime,
      this.redisNetwork,
      old.port,
    );
  }

  /** Requests the health of each gateway. */
  health(): Promise<Health[]> {
    return Promise.all(this.#gateways.map((gateway) => gateway.health()));
  }

  /** Resolves when every gateway is healthy. */
  async untilHealthy(): Promise<void> {
    await until(async () =>
      (await this.health()).every(({ status }) => status === 200)
    );
  }

  /** Kills all processes of the cluster. */
  async stop(): Promise<void> {
    await this.nginx.kill();
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await this.redisNetwork.close();
    await Promise.all([this.replica.kill(), this.master.kill()]);
  }
}

function startGateway(
  { programs, signingKey, flags }: ClusterStart,
  runtime: RuntimeName,
  { url }: Proxy,
  port = 0,
): Promise<GatewayProcess> {
  const broker = ["--broker", url.replace("http:", "redis:")];
  return GatewayProcess.start({
    programs,
    runtime,
    signingKey,
    flags: [...flags, ...broker],
    port,
  });
}
