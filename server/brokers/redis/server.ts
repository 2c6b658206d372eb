import {
  type ConnectionLimits,
  reasonOf,
  type RedisClient,
  RedisConnection,
} from "./connection.ts";
import { PubSubConnection } from "./pubsub_connection.ts";
import { formatAddress, type RedisAddress, type RedisTarget } from "./url.ts";

/** One Redis server that holds data: a connection for commands, and, once a channel is followed there, one for live messages. */
export class RedisServer {
  readonly address: RedisAddress;
  readonly name: string;
  readonly commands: RedisConnection;
  readonly #target: RedisTarget;
  readonly #limits: ConnectionLimits;
  readonly #down: (error: unknown) => void;
  #pubsub: PubSubConnection | undefined;

  /**
   * @param down A connection was lost, with the error that the log should have.
   */
  constructor(
    address: RedisAddress,
    target: RedisTarget,
    limits: ConnectionLimits,
    down: (error: unknown) => void,
  ) {
    this.address = address;
    this.name = formatAddress(address);
    this.#target = target;
    this.#limits = limits;
    this.#down = (error) => {
      const { message = "" } = Object(error);
      down(new Error(`${this.name}: ${message || reasonOf(error)}`));
    };
    this.commands = new RedisConnection(address, target, limits, {
      up: (client) => checkServer(client, target),
      down: this.#down,
    });
  }

  /** The connection for live messages, made when it is first asked for. */
  get pubsub(): PubSubConnection {
    this.#pubsub ??= new PubSubConnection(
      this.address,
      this.#target,
      this.#limits,
      this.#down,
    );
    return this.#pubsub;
  }

  /** That connection, if anything is followed there. */
  get pubsubInUse(): PubSubConnection | undefined {
    return this.#pubsub?.anyChannel && this.#pubsub;
  }

  /** Why it can't be used, if it can't. */
  get problem(): string | undefined {
    if (!this.commands.isUp) return this.commands.problem;
    const live = this.pubsubInUse;
    return live && !live.isUp ? live.problem : undefined;
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    await Promise.all([this.commands.close(), this.#pubsub?.close()]);
  }
}

/** @throws When the server is not what the URL says, or is a replica: what it has may be old, and it takes no messages. */
async function checkServer(
  client: RedisClient,
  { hosts }: RedisTarget,
): Promise<void> {
  const info = String(await client.sendCommand(["INFO"]));
  const field = (name: string): string =>
    new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const version = field("redis_version");
  if (Number.parseInt(version) < 7) {
    throw new Error(`it is version ${version}, 7 or later is needed`);
  }
  const isCluster = field("cluster_enabled") === "1";
  if (isCluster && hosts.length === 1) {
    throw new Error("it is part of a cluster: name two or more of its servers");
  }
  if (!isCluster && hosts.length > 1) {
    throw new Error("it is not part of a cluster: name one server");
  }
  if (!isCluster && field("role") !== "master") {
    throw new Error("it is a replica");
  }
}
