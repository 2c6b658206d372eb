import { RealtimeError } from "../../../core/protocol/errors.ts";
import { type ConnectionLimits, isReply, reasonOf } from "./connection.ts";
import { RedisServer } from "./server.ts";
import type { RedisTarget } from "./url.ts";

/** The Redis servers of a broker, and the groups of channels that each of them has. */
export interface Servers {
  /** Returns the server that has a group of channels; `undefined` while none is known. */
  serverOf(group: number): RedisServer | undefined;
  /**
   * Waits for the server that has a group to be known.
   *
   * @throws {RealtimeError} `unavailable`.
   */
  locate(group: number): Promise<RedisServer>;
  /** Every server that has a group. */
  readonly all: readonly RedisServer[];
  /**
   * Sends a command to the server that has a group's keys.
   *
   * @throws {RealtimeError} `unavailable`.
   */
  send(
    group: number,
    args: readonly string[],
    wantsBytes?: boolean,
  ): Promise<unknown>;
  /** The reason why some channels can't be used, if there is one. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

/** Milliseconds before the retry of a command that Redis refused for a moment. */
export const REPEAT_MS = 50;

/** A single Redis server. */
export class SingleServer implements Servers {
  readonly #server: RedisServer;

  constructor(
    target: RedisTarget,
    limits: ConnectionLimits,
    report: (error: unknown) => void,
  ) {
    this.#server = new RedisServer(target.hosts[0], target, limits, report);
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
    wantsBytes?: boolean,
  ): Promise<unknown> {
    try {
      return await this.#server.commands.send(args, wantsBytes);
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

/**
 * Converts an error of Redis into `unavailable`, except for a missing script. Closes the connection to a server that became a replica.
 */
export function asUnavailable(error: unknown, server: RedisServer): unknown {
  if (!isReply(error) || error.message.startsWith("NOSCRIPT")) return error;
  if (error.message.startsWith("READONLY")) {
    server.commands.drop("it became a replica");
  }
  return new RealtimeError(
    "unavailable",
    `Cannot use Redis: ${reasonOf(error)}`,
    { cause: error },
  );
}
