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
  /** What each is to get from the log before it counts as open. */
  readonly replay?: { readonly messages: number; readonly bytes: number };
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

  /** Resolves when so many messages came, or one of them is lost. */
  #replayed(messages: number): Promise<void> {
    if (messages === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onRead = () => {
        if (this.counter.messages >= messages || this.#lost) resolve();
      };
    });
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
