import { RealtimeError } from "../../../core/protocol/errors.ts";
import { type ConnectionLimits, isReply, reasonOf } from "./connection.ts";
import { RedisServer } from "./server.ts";
import type { RedisTarget } from "./url.ts";

/** The Redis servers behind a broker: which of them has what. */
export interface Servers {
  /** The server that has a group of channels; `undefined` while none is known to. */
  serverOf(group: number): RedisServer | undefined;
  /**
   * The server that has a group, once it is known.
   *
   * @throws {RealtimeError} `unavailable`.
   */
  locate(group: number): Promise<RedisServer>;
  /** Every server that has some. */
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
  /** Finds out anew who has what; soon, and once however often it is asked. */
  refresh(): void;
  /** Why some channels can't be used, if that is so. */
  readonly problem: string | undefined;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Milliseconds before a command is repeated that Redis refused without doing anything. */
export const REPEAT_MS = 50;

/** One Redis server. */
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

  /** There is nothing to find. */
  refresh(): void {}

  get problem(): string | undefined {
    return this.#server.problem;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** What a refusal of Redis means to who wanted to use it; a connection to a server that became a replica is given up. */
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
