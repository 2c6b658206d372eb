import { type Nginx, startNginx } from "../support/gateway/nginx.ts";
import { type RedisServer, startRedis } from "../support/brokers/redis.ts";
import { until } from "../support/until.ts";
import { GatewayProcess, type Health } from "./gateway_process.ts";
import type { Programs, RuntimeName } from "../support/process/programs.ts";
import { Proxy } from "./proxy.ts";

/** How a cluster is set up. */
export interface ClusterStart {
  readonly programs: Programs;
  /** The runtime of each gateway. */
  readonly runtimes: readonly RuntimeName[];
  readonly signingKey: string;
  /** Further arguments of the gateways' command lines. */
  readonly flags: readonly string[];
}

/** Several gateways on one Redis, which has a replica, behind nginx. */
export class Cluster {
  readonly nginx: Nginx;
  /** The way from the gateways to Redis. */
  readonly way: Proxy;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #start: ClusterStart;
  readonly #gateways: GatewayProcess[];

  private constructor(
    start: ClusterStart,
    parts: Pick<Cluster, "nginx" | "way" | "master" | "replica">,
    gateways: GatewayProcess[],
  ) {
    this.#start = start;
    this.nginx = parts.nginx;
    this.way = parts.way;
    this.master = parts.master;
    this.replica = parts.replica;
    this.#gateways = gateways;
  }

  /** Starts all of it; resolves when every gateway says that it is well. */
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
      const way = await Proxy.start(master.port);
      undo.push(() => way.close());
      const gateways = await Promise.all(
        start.runtimes.map(async (runtime) => {
          const gateway = await startGateway(start, runtime, way);
          undo.push(() => gateway.stop());
          return gateway;
        }),
      );
      const nginx = await startNginx(gateways.map(({ port }) => port));
      const parts = { nginx, way, master, replica };
      const cluster = new Cluster(start, parts, gateways);
      await cluster.untilWell();
      return cluster;
    } catch (error) {
      await Promise.all(undo.map((stop) => stop()));
      throw error;
    }
  }

  /** The gateways that should run. */
  get gateways(): readonly GatewayProcess[] {
    return this.#gateways;
  }

  /** Starts a gateway in place of one that ended, on the same port. */
  async replace(old: GatewayProcess): Promise<void> {
    const index = this.#gateways.indexOf(old);
    const runtime = this.#start.runtimes[index];
    if (runtime === undefined) throw new RangeError("It is not of the cluster");
    this.#gateways[index] = await startGateway(
      this.#start,
      runtime,
      this.way,
      old.port,
    );
  }

  /** What each gateway says of its state. */
  health(): Promise<Health[]> {
    return Promise.all(this.#gateways.map((gateway) => gateway.health()));
  }

  /** Resolves when every gateway says that it is well. */
  async untilWell(): Promise<void> {
    await until(async () =>
      (await this.health()).every(({ status }) => status === 200)
    );
  }

  /** Ends all of it at once. */
  async stop(): Promise<void> {
    await this.nginx.kill();
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await this.way.close();
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
