import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";
import { Buffer } from "node:buffer";
import { backoff, pause } from "../../../core/time/backoff.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { RedisAddress, RedisTarget } from "./url.ts";

/** Bounds of what a connection may owe. */
export interface ConnectionLimits {
  /** Milliseconds within which Redis must answer: a connection that owes an answer for longer is given up. */
  readonly answerMs: number;
  /** Milliseconds that a command waits for a connection that is not there. */
  readonly connectMs: number;
}

/** Commands, and bytes of them, that may wait for an answer on one connection. */
const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** How often a connection is looked at. */
const WATCH_MS = 250;

/** A connection that said nothing for so long is asked whether it lives. */
const IDLE_MS = 5_000;

/** Who owes an answer for longer isn't asked if another can be. */
const PROMPT_MS = 500;

/** A first attempt that fails is soon repeated: Redis restarts in less than a second. */
const FIRST_RETRY_MS = 50;

/** The client as it is used here; its own type takes the compiler seconds. */
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

/** What happens to a connection. */
export interface ConnectionEvents {
  /** It is there, and may be used after this resolves. A rejection gives it up. */
  up(client: RedisClient): Promise<void>;
  /** It is gone, or could not be made. */
  down(error: unknown): void;
}

/**
 * One connection to one Redis server. It comes back when it is lost; it is given up when an answer doesn't come in time, so that what waits
 * for it fails in bounded time; and it never keeps a command for later.
 *
 * The client's own reconnecting is off: it would write again what may have been done, and knows no silent server.
 */
export class RedisConnection {
  readonly address: RedisAddress;
  readonly #target: RedisTarget;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  /** When each command was sent that has no answer yet, the oldest first. */
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
    target: RedisTarget,
    limits: ConnectionLimits,
    events: ConnectionEvents,
  ) {
    this.address = address;
    this.#target = target;
    this.#limits = limits;
    this.#events = events;
    this.#done = this.#run();
  }

  /** Whether it can be used now. */
  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** Why it is not up, for people. */
  get problem(): string {
    return `Redis can't be used: ${reasonOf(this.#error)}`;
  }

  /**
   * Sends a command.
   *
   * @param wantsBytes Whether strings in the answer are wanted as they are.
   * @throws {RealtimeError} `unavailable` when it was not answered in time or can't be sent. What Redis refuses is an `ErrorReply`.
   */
  async send(args: readonly string[], wantsBytes = false): Promise<unknown> {
    const client = this.#client ?? await this.#whenUp();
    let bytes = 0;
    for (const arg of args) bytes += arg.length;
    if (
      this.#pending.size >= MAX_PENDING ||
      this.#pendingBytes + bytes > MAX_PENDING_BYTES
    ) throw this.#unavailable("too many commands wait for it");
    const number = this.#sent++;
    this.#pending.set(number, performance.now());
    this.#pendingBytes += bytes;
    try {
      const answer = await client
        .sendCommand(args, wantsBytes ? BUFFERS : undefined);
      this.#heardAt = performance.now();
      return answer;
    } catch (error) {
      throw isReply(error) ? error : this.#unavailable("it was lost", error);
    } finally {
      this.#pending.delete(number);
      this.#pendingBytes -= bytes;
    }
  }

  /** Does something with the client, such as subscribing, within the time of an answer. */
  async use(act: (client: RedisClient) => Promise<void>): Promise<void> {
    const client = this.#client ?? await this.#whenUp();
    const number = this.#sent++;
    this.#pending.set(number, performance.now());
    try {
      await act(client);
      this.#heardAt = performance.now();
    } catch (error) {
      throw isReply(error) ? error : this.#unavailable("it was lost", error);
    } finally {
      this.#pending.delete(number);
    }
  }

  /** Whether it is up and owes no answer for long. */
  get isPrompt(): boolean {
    const [oldest = Infinity] = this.#pending.values();
    return this.isUp && performance.now() - oldest < PROMPT_MS;
  }

  /** Gives the connection up, and makes another. */
  drop(reason: string): void {
    this.#error = new Error(reason);
    this.#client?.destroy();
  }

  /** Ends it. What waits fails. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#client?.destroy();
    await this.#done;
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
        // An error may be about the protocol: nothing that comes after it can be trusted.
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
    const { tls, username, password, database } = this.#target;
    const { host, port } = this.address;
    const client: unknown = createClient({
      socket: {
        host,
        port,
        ...tls ? { tls: true, servername: host } : {},
        connectTimeout: this.#limits.answerMs,
        reconnectStrategy: false,
      },
      ...username === undefined ? {} : { username },
      ...password === undefined ? {} : { password },
      database,
      name: "tidings",
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: "disabled",
      // Its timeouts end what was not sent yet only, and cost a timer for each command.
      commandOptions: { timeout: undefined },
    });
    return client as RedisClient;
  }

  async #connect(client: RedisClient, ended: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error("it doesn't answer")),
        this.#limits.answerMs,
      );
    });
    const gone = ended.then(() => {
      throw this.#error ?? new Error("the connection was closed");
    });
    const connecting = client.connect().then(() => this.#events.up(client));
    try {
      await Promise.race([connecting, gone, late]);
    } finally {
      clearTimeout(timer);
      // Whichever came second is of no interest any more.
      for (const promise of [connecting, gone, late]) promise.catch(() => {});
    }
    if (this.#closing.signal.aborted) return;
    this.#heardAt = performance.now();
    this.#error = undefined;
    this.#client = client;
    this.#wake();
  }

  /** Resolves when the connection ended, which it is made to when it owes an answer for too long. */
  async #watch(client: RedisClient, ended: Promise<void>): Promise<void> {
    const timer = setInterval(() => {
      const [oldest] = this.#pending.values();
      const now = performance.now();
      if (oldest !== undefined && now - oldest > this.#limits.answerMs) {
        this.#error = new Error("it doesn't answer");
        client.destroy();
      } else if (oldest === undefined && now - this.#heardAt > IDLE_MS) {
        // That it fails ends the connection, which is what is wanted.
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
        const timer = setTimeout(wake, this.#limits.connectMs);
        this.#waiters.add(wake);
      });
    }
    if (this.#client) return this.#client;
    throw this.#unavailable("it is not connected", this.#error);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  /** Clients read it: it says nothing of where Redis is, the log does. */
  #unavailable(reason: string, cause?: unknown): RealtimeError {
    const message = `Cannot use Redis: ${reason}`;
    return new RealtimeError("unavailable", message, { cause });
  }
}

/** Whether Redis answered, with an error: it did nothing, or what it did is as the error says. */
export function isReply(error: unknown): error is ErrorReply {
  return error instanceof ErrorReply;
}

/** What an error is about, in a word or a few: nothing of an address or an account. */
export function reasonOf(error: unknown): string {
  const { message = "", code } = Object(error);
  if (isReply(error)) return `it answers ${message.split(" ")[0]}`;
  return String(code ?? message) || "it doesn't answer";
}
