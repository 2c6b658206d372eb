import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";
import { Buffer } from "node:buffer";
import { backoff, pause } from "../../../core/time/backoff.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { RedisAddress, RedisTarget } from "./url.ts";

/** The parts of the URL, and the time limits of a connection. */
export interface RedisSettings extends RedisTarget {
  /** Milliseconds within which Redis must answer; otherwise the connection is closed. */
  readonly answerMs: number;
  /** Milliseconds that a command waits for a connection. */
  readonly connectMs: number;
}

/** Maximum number of commands that wait for an answer on one connection, and their maximum size. */
const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Milliseconds between two checks of a connection. */
const WATCH_MS = 250;

/** Milliseconds of silence after which a connection is pinged. */
const IDLE_MS = 5_000;

/** Milliseconds after which an answer is late: another server is asked where there is one. */
const PROMPT_MS = 500;

/** Milliseconds before the first retry. It is short because Redis restarts in less than a second. */
const FIRST_RETRY_MS = 50;

/** The part of the client that is used here. Its own type takes the compiler seconds. */
export interface RedisClient {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: readonly string[], options?: object): Promise<unknown>;
  subscribe: Subscribe;
  sSubscribe: Subscribe;
  unsubscribe(channels: string[]): Promise<void>;
  sUnsubscribe(channels: string[]): Promise<void>;
}

type Subscribe = (
  channels: string[],
  listener: (message: Buffer, channel: Buffer) => void,
  bufferMode: true,
) => Promise<void>;

const BUFFERS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** Callbacks of a connection. */
export interface ConnectionEvents {
  /** The connection is open, and is used once this resolves. A rejection closes it. */
  up(client: RedisClient): Promise<void>;
  /** The connection was lost, or could not be opened. */
  down(error: unknown): void;
}

/**
 * One connection to one Redis server. It reconnects when it is lost. When an answer is overdue it is closed, so that waiting commands fail in
 * bounded time. It never stores a command for later.
 *
 * The client's own reconnecting is off, because it would repeat commands that may have been executed and doesn't detect a silent server.
 */
export class RedisConnection {
  readonly address: RedisAddress;
  readonly #settings: RedisSettings;
  readonly #events: ConnectionEvents;
  /** The times at which the unanswered commands were sent, by their numbers, the oldest first. */
  readonly #pending = new Map<number, number>();
  readonly #closing = new AbortController();
  #client: RedisClient | undefined;
  #sent = 0;
  #pendingBytes = 0;
  #heardAt = 0;
  readonly #waiters = new Set<() => void>();
  #error: unknown;
  #done: Promise<void>;

  constructor(
    address: RedisAddress,
    settings: RedisSettings,
    events: ConnectionEvents,
  ) {
    this.address = address;
    this.#settings = settings;
    this.#events = events;
    this.#done = this.#run();
  }

  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** The reason why the connection is not open, for people. */
  get problem(): string {
    return `Redis can't be used: ${reasonOf(this.#error)}`;
  }

  /**
   * Sends a command; returns the strings of the answer as bytes if `wantsBytes`. Throws `unavailable` when Redis did not answer in time or
   * the command can't be sent, an `ErrorReply` when Redis refuses it.
   */
  async send(args: readonly string[], wantsBytes = false): Promise<unknown> {
    const client = this.#client ?? await this.#whenUp();
    let bytes = 0;
    for (const arg of args) bytes += arg.length;
    if (
      this.#pending.size >= MAX_PENDING ||
      this.#pendingBytes + bytes > MAX_PENDING_BYTES
    ) throw this.#unavailable("too many commands wait for it");
    const options = wantsBytes ? BUFFERS : undefined;
    return await this.#answer(client.sendCommand(args, options), bytes);
  }

  /** Runs an action of the client, such as subscribing, with the same time limit as a command. */
  async use(act: (client: RedisClient) => Promise<void>): Promise<void> {
    await this.#answer(act(this.#client ?? await this.#whenUp()), 0);
  }

  /** Whether the connection is open and no answer is late. */
  get isPrompt(): boolean {
    const [oldest = Infinity] = this.#pending.values();
    return this.isUp && performance.now() - oldest < PROMPT_MS;
  }

  /** Closes the connection and opens another. */
  drop(reason: string): void {
    this.#error = new Error(reason);
    this.#client?.destroy();
  }

  /** Closes the connection for good. Waiting commands fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#client?.destroy();
    await this.#done;
  }

  /** Waits for the answer to a command of so many bytes. Until then the command is pending. */
  async #answer<T>(answer: Promise<T>, bytes: number): Promise<T> {
    const number = this.#sent++;
    this.#pending.set(number, performance.now());
    this.#pendingBytes += bytes;
    try {
      const value = await answer;
      this.#heardAt = performance.now();
      return value;
    } catch (error) {
      throw isReply(error) ? error : this.#unavailable("it was lost", error);
    } finally {
      this.#pending.delete(number);
      this.#pendingBytes -= bytes;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const client = this.#createClient();
      const ended = new Promise<void>((resolve) => {
        const end = (error?: unknown): void => {
          if (error !== undefined) this.#error = error;
          resolve();
        };
        // It may be an error of the protocol, after which no answer can be trusted.
        client.on("error", end);
        client.on("end", () => end());
        signal.addEventListener("abort", () => end(), { once: true });
      });
      try {
        await this.#connect(client, ended);
        failures = 0;
        await this.#watch(client, ended);
      } catch (error) {
        this.#error = error;
      }
      this.#client = undefined;
      client.destroy();
      if (signal.aborted) break;
      this.#events.down(this.#error);
      await pause(
        failures === 0 ? FIRST_RETRY_MS : backoff(failures - 1) / 4,
        signal,
      );
      failures++;
    }
    this.#wake();
  }

  #createClient(): RedisClient {
    const { tls, username, password, database } = this.#settings;
    const { host, port } = this.address;
    const client: unknown = createClient({
      socket: {
        host,
        port,
        ...tls ? { tls: true, servername: host } : {},
        connectTimeout: this.#settings.answerMs,
        reconnectStrategy: false,
      },
      username,
      password,
      database,
      name: "tidings",
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: "disabled",
      // The client's timeouts only cover commands that were not sent yet, and cost a timer each.
      commandOptions: { timeout: undefined },
    });
    return client as RedisClient;
  }

  async #connect(client: RedisClient, ended: Promise<void>): Promise<void> {
    const over = new AbortController();
    const late = pause(this.#settings.answerMs, over.signal).then(() => {
      throw new Error("it doesn't answer");
    });
    const gone = ended.then(() => {
      throw this.#error ?? new Error("the connection was closed");
    });
    const connecting = client.connect().then(() => this.#events.up(client));
    try {
      await Promise.race([connecting, gone, late]);
    } finally {
      over.abort();
      // Only the promise that settled first counts.
      for (const promise of [connecting, gone, late]) promise.catch(() => {});
    }
    if (this.#closing.signal.aborted) return;
    this.#heardAt = performance.now();
    this.#error = undefined;
    this.#client = client;
    this.#wake();
  }

  /** Watches a connection until it ends, and closes it when an answer is overdue. */
  async #watch(client: RedisClient, ended: Promise<void>): Promise<void> {
    const timer = setInterval(() => {
      const [oldest] = this.#pending.values();
      const now = performance.now();
      if (oldest !== undefined && now - oldest > this.#settings.answerMs) {
        this.#error = new Error("it doesn't answer");
        client.destroy();
      } else if (oldest === undefined && now - this.#heardAt > IDLE_MS) {
        // A connection that doesn't answer the ping is closed.
        this.send(["PING"]).catch(() => client.destroy());
      }
    }, WATCH_MS);
    try {
      await ended;
    } finally {
      clearInterval(timer);
    }
  }

  async #whenUp(): Promise<RedisClient> {
    if (this.#waiters.size < MAX_PENDING && !this.#closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiters.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, this.#settings.connectMs);
        this.#waiters.add(wake);
      });
    }
    if (this.#client) return this.#client;
    throw this.#unavailable("it is not connected", this.#error);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  /** Creates an error that clients may read: the address of Redis is only in the gateway's log. */
  #unavailable(reason: string, cause?: unknown): RealtimeError {
    const message = `Cannot use Redis: ${reason}`;
    return new RealtimeError("unavailable", message, { cause });
  }
}

/** Tells whether an error is an answer of Redis, not a failure of the connection. */
export function isReply(error: unknown): error is ErrorReply {
  return error instanceof ErrorReply;
}

/** The reason where Redis refuses to store more. */
const FULL = "it is full (OOM); raise its maxmemory, or keep less history";

/** Returns a short reason for an error, without an address or an account. */
export function reasonOf(error: unknown): string {
  const { message = "", code } = Object(error);
  if (isReply(error)) {
    const answer = message.split(" ")[0];
    return answer === "OOM" ? FULL : `it answers ${answer}`;
  }
  return String(code ?? message) || "it doesn't answer";
}
