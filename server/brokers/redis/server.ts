import {
  reasonOf,
  type RedisClient,
  RedisConnection,
  type RedisSettings,
} from "./connection.ts";
import { PubSubConnection } from "./pubsub_connection.ts";
import { formatAddress, type RedisAddress } from "./url.ts";

/** One Redis server that holds data, with a connection for commands and, once a channel is followed there, one for live messages. */
export class RedisServer {
  readonly address: RedisAddress;
  readonly name: string;
  readonly commands: RedisConnection;
  readonly #settings: RedisSettings;
  readonly #down: (error: unknown) => void;
  #pubsub: PubSubConnection | undefined;

  /** @param down Called with the error when a connection was lost. */
  constructor(
    address: RedisAddress,
    settings: RedisSettings,
    down: (error: unknown) => void,
  ) {
    this.address = address;
    this.name = formatAddress(address);
    this.#settings = settings;
    this.#down = (error) => {
      const { message = "" } = Object(error);
      down(new Error(`${this.name}: ${message || reasonOf(error)}`));
    };
    this.commands = new RedisConnection(address, settings, {
      up: (client) => checkServer(client, settings),
      down: this.#down,
    });
  }

  /** The connection for live messages, created on first use. */
  get pubsub(): PubSubConnection {
    return this.#pubsub ??= new PubSubConnection(
      this.address,
      this.#settings,
      this.#down,
    );
  }

  /** The connection for live messages, if a channel is followed there. */
  get pubsubInUse(): PubSubConnection | undefined {
    return this.#pubsub?.anyChannel && this.#pubsub;
  }

  /** The reason why the server can't be used, if there is one. */
  get problem(): string | undefined {
    if (!this.commands.isUp) return this.commands.problem;
    const live = this.pubsubInUse?.connection;
    return live && !live.isUp ? live.problem : undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.commands.close(), this.#pubsub?.close()]);
  }
}

/** Throws an error unless a server is what the URL says, and no replica: a replica's data may be old, and it accepts no messages. */
async function checkServer(
  client: RedisClient,
  { hosts }: RedisSettings,
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
