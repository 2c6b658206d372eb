import { Counter } from "./counter.ts";
import { type SubscriberName, SUBSCRIBERS } from "./dialects/mod.ts";
import { subscriberToken } from "./dialects/tidings.ts";
import { openAll, Tcp } from "./tcp.ts";

/** Which subscribers to open. */
export interface SubscribersOptions {
  readonly port: number;
  readonly dialect: SubscriberName;
  /** What the names of their channels begin with. */
  readonly channel: string;
  readonly count: number;
  /**
   * Channels that they are spread over, evenly.
   *
   * @default {1}
   */
  readonly channels?: number;
  /** The gateway's signing key; peers that know no tokens have none. */
  readonly signingKey?: string;
}

/** Connections that messages are counted on. */
export class Subscribers {
  readonly channels: readonly string[];
  readonly counter: Counter;
  /** Subscribers of a channel. */
  readonly fanOut: number;
  /** Told after each read. */
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

  /** Connects and subscribes them. */
  static async open(options: SubscribersOptions): Promise<Subscribers> {
    const { port, dialect, count, signingKey } = options;
    const group = new Subscribers(options);
    const { channels } = group;
    const tokens = signingKey === undefined ? [] : await Promise.all(
      channels.map((channel) => subscriberToken(signingKey, channel)),
    );
    const { open } = SUBSCRIBERS[dialect];
    group.#sockets = await openAll(count, (index) => {
      const channel = index % channels.length;
      return Tcp.open(
        port,
        open(channels[channel] ?? "", tokens[channel] ?? ""),
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
    return group;
  }

  /** Why the first of them was lost, if one was. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Sends what keeps them from being taken for dead. */
  beat(): void {
    if (!this.#heartbeat) return;
    for (const socket of this.#sockets) socket.write(this.#heartbeat);
  }

  /** Hangs up. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
