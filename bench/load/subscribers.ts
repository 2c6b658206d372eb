import { Counter } from "./counter.ts";
import { type SubscriberName, SUBSCRIBERS } from "./dialects/mod.ts";
import { subscriberToken } from "./dialects/tidings.ts";
import { openAll, Tcp } from "./tcp.ts";

/** Options of subscribers. */
export interface SubscribersOptions {
  readonly port: number;
  readonly dialect: SubscriberName;
  /** The prefix of their channels' names. */
  readonly channel: string;
  readonly count: number;
  /**
   * The number of channels, which they are spread over evenly.
   *
   * @default {1}
   */
  readonly channels?: number;
  /** The gateway's signing key; absent for servers without tokens. */
  readonly signingKey?: string;
  /** The messages that each must receive from the log before it counts as open. */
  readonly replay?: { readonly messages: number; readonly bytes: number };
}

/** Connections whose messages are counted. */
export class Subscribers {
  readonly channels: readonly string[];
  readonly counter: Counter;
  /** The number of subscribers of a channel. */
  readonly fanOut: number;
  /** Called after each read, and when a connection is lost. */
  onRead: (() => void) | undefined;
  readonly #heartbeat: Uint8Array | undefined;
  #sockets: Tcp[] = [];
  #lost: Error | undefined;

  private constructor(
    { dialect, channel, count, channels = 1 }: SubscribersOptions,
  ) {
    this.channels = Array.from(
      { length: channels },
      (_, i) => `${channel}-${i}`,
    );
    this.counter = new Counter(count);
    this.fanOut = count / channels;
    this.#heartbeat = SUBSCRIBERS[dialect].heartbeat;
  }

  /** Connects and subscribes. */
  static async open(options: SubscribersOptions): Promise<Subscribers> {
    const { port, dialect, count, signingKey, replay } = options;
    const group = new Subscribers(options);
    const { channels } = group;
    const tokens = signingKey === undefined ? [] : await Promise.all(
      channels.map((channel) => subscriberToken(signingKey, channel)),
    );
    const { open } = SUBSCRIBERS[dialect];
    const replayed = group.#replayed(count * (replay?.messages ?? 0));
    if (replay) group.counter.expect(replay.bytes - 2);
    group.#sockets = await openAll(count, (index) => {
      const channel = index % channels.length;
      return Tcp.open(
        port,
        open(
          channels[channel] ?? "",
          tokens[channel] ?? "",
          replay && "start",
        ),
        (bytes) => {
          group.counter.feed(index, bytes);
          group.onRead?.();
        },
        (error) => {
          group.#lost ??= error;
          group.onRead?.();
        },
      );
    });
    await replayed;
    return group;
  }

  /** Resolves when some number of messages has arrived, or a connection is lost. */
  #replayed(messages: number): Promise<void> {
    if (messages === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onRead = () => {
        if (this.counter.messages >= messages || this.#lost) resolve();
      };
    });
  }

  /** The error of the first connection that was lost, if any. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Sends a heartbeat on each connection. */
  beat(): void {
    if (!this.#heartbeat) return;
    for (const socket of this.#sockets) socket.write(this.#heartbeat);
  }

  /** Closes the connections. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
