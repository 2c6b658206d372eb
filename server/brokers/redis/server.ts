import {
  reasonOf,
  type RedisClient,
  RedisConnection,
  type RedisSettings,
} from "./connection.ts";
import { PubSubConnection } from "./pubsub_connection.ts";
import { ReadTurns } from "../read_turns.ts";
import { formatAddress, type RedisAddress } from "./url.ts";

/** Most reads of logs that are under way: while Redis reads, everyone else waits. */
const READS_AT_ONCE = 8;

/** One Redis server that holds data, with a connection for commands and, once they are needed, one for reads and one for live messages. */
export class RedisServer {
  readonly address: RedisAddress;
  readonly name: string;
  readonly commands: RedisConnection;
  readonly turns: ReadTurns = new ReadTurns("Redis", READS_AT_ONCE);
  readonly #settings: RedisSettings;
  readonly #down: (error: unknown) => void;
  #pubsub: PubSubConnection | undefined;
  #reads: RedisConnection | undefined;

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
    this.commands = this.#connect();
  }

  /** Returns the connection for commands, or the one for reads: nothing else waits behind the large answers of these. */
  connection(isRead: boolean): RedisConnection {
    return isRead ? this.#reads ??= this.#connect() : this.commands;
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

  /** Closes the connections for commands and reads, and opens others. */
  drop(reason: string): void {
    for (const one of [this.commands, this.#reads]) one?.drop(reason);
  }

  async close(): Promise<void> {
    const all = [this.commands, this.#reads, this.#pubsub];
    await Promise.all(all.map((one) => one?.close()));
  }

  #connect(): RedisConnection {
    return new RedisConnection(this.address, this.#settings, {
      up: (client) => checkServer(client, this.#settings),
      down: this.#down,
    });
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
