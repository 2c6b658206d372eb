import type { AnswerReader, Outgoing } from "./dialects/dialect.ts";
import { type PublisherName, PUBLISHERS } from "./dialects/mod.ts";
import { payload } from "./payload.ts";
import { Tcp } from "./tcp.ts";

/** Options of a publisher. */
export interface PublisherOptions {
  readonly port: number;
  readonly dialect: PublisherName;
  /** Its number, from 0. */
  readonly number: number;
  /** The channels that it publishes to in turn. */
  readonly channels: readonly string[];
  /**
   * The number of messages in a request.
   *
   * @default {1}
   */
  readonly perRequest?: number;
  /** The token that it authenticates with. */
  readonly token: string;
  /** The number of the next message in each channel, which the publisher increments. */
  readonly next: Int32Array;
}

/** Publishes on a connection, one request after the other. */
export class Publisher {
  /** Called when a request was answered, or the connection has failed. */
  onAnswer: (() => void) | undefined;
  readonly #options: PublisherOptions;
  readonly #answers: AnswerReader;
  #turn = 0;
  #waiting = 0;
  #tcp: Tcp | undefined;
  #failure: Error | undefined;

  private constructor(options: PublisherOptions) {
    this.#options = options;
    this.#answers = PUBLISHERS[options.dialect].answers(this.perRequest);
  }

  /** Connects a publisher. */
  static async open(options: PublisherOptions): Promise<Publisher> {
    const publisher = new Publisher(options);
    const { port, dialect, token } = options;
    publisher.#tcp = await Tcp.open(
      port,
      PUBLISHERS[dialect].open(token),
      (bytes) => publisher.#read(bytes),
      (error) => publisher.#fail(error),
    );
    return publisher;
  }

  /** The number of messages in a request. */
  get perRequest(): number {
    return this.#options.perRequest ?? 1;
  }

  /** Whether every request was answered. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** The error that ended it, if any. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The number of its next message in the first channel. */
  get next(): number {
    return this.#options.next[0] ?? 0;
  }

  /** Sends a request with messages of a size in bytes. */
  send(bytes: number): void {
    const { dialect, number, channels, next, perRequest = 1, token } =
      this.#options;
    const messages: Outgoing[] = [];
    for (let i = 0; i < perRequest; i++) {
      const turn = this.#turn;
      this.#turn = (turn + 1) % channels.length;
      const sequence = next[turn] ?? 0;
      next[turn] = sequence + 1;
      messages.push({
        channel: channels[turn] ?? "",
        payload: payload(number, sequence, bytes),
      });
    }
    this.#waiting = perRequest;
    this.#tcp?.write(PUBLISHERS[dialect].publish(messages, token));
  }

  /** Closes the connection. */
  close(): void {
    this.#tcp?.close();
  }

  #read(bytes: Uint8Array): void {
    try {
      this.#waiting -= this.#answers.read(bytes);
    } catch (error) {
      return this.#fail(error instanceof Error ? error : new Error("?"));
    }
    if (this.#waiting === 0) this.onAnswer?.();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting = 0;
    this.onAnswer?.();
  }
}
