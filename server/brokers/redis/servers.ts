import { RealtimeError } from "../../../core/protocol/errors.ts";
import { isReply, reasonOf, type RedisSettings } from "./connection.ts";
import { RedisServer } from "./server.ts";

/** The Redis servers of a broker, and the groups of channels that each of them has. */
export interface Servers {
  /** Returns the server that has a group of channels; `undefined` while none is known. */
  serverOf(group: number): RedisServer | undefined;
  /** Waits for the server that has a group to be known; rejects with `unavailable`. */
  locate(group: number): Promise<RedisServer>;
  /** Every server that has a group. */
  readonly all: readonly RedisServer[];
  /**
   * Sends a command to the server that has a group's keys; rejects with `unavailable`. A command that reads a log has a connection of its
   * own, and its answer has bytes in place of strings.
   */
  send(
    group: number,
    args: readonly string[],
    isRead?: boolean,
  ): Promise<unknown>;
  /** The reason why some channels can't be used, if there is one. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

/** A single Redis server. */
export class SingleServer implements Servers {
  readonly #server: RedisServer;

  constructor(settings: RedisSettings, report: (error: unknown) => void) {
    this.#server = new RedisServer(settings.hosts[0], settings, report);
  }

  get all(): readonly RedisServer[] {
    return [this.#server];
  }

  serverOf(): RedisServer {
    return this.#server;
  }

  locate(): Promise<RedisServer> {
    return Promise.resolve(this.#server);
  }

  async send(
    _group: number,
    args: readonly string[],
    isRead = false,
  ): Promise<unknown> {
    try {
      return await this.#server.connection(isRead).send(args, isRead);
    } catch (error) {
      throw asUnavailable(error, this.#server);
    }
  }

  get problem(): string | undefined {
    return this.#server.problem;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** Converts an error of Redis into `unavailable`, except for a missing script. Closes the connections to a server that became a replica. */
export function asUnavailable(error: unknown, server: RedisServer): unknown {
  if (!isReply(error) || error.message.startsWith("NOSCRIPT")) return error;
  if (error.message.startsWith("READONLY")) {
    server.drop("it became a replica");
  }
  const message = `Cannot use Redis: ${reasonOf(error)}`;
  return new RealtimeError("unavailable", message, { cause: error });
}
