import type { RealtimeError } from "../core/protocol/errors.ts";
import type { StreamPlace } from "../core/types/stream.ts";
import type { Realtime } from "../core/types/realtime.ts";
import { type Fold, INITIAL, type Snapshot } from "./snapshot.ts";
import {
  type AnyToken,
  noSubscription,
  openSource,
  type Source,
  type Subscription,
} from "./source.ts";

/** What a component wants; it may change at every render. */
export interface ViewOptions<T> {
  /**
   * Gives a token, whenever one is needed.
   *
   * @param isRenewal Whether the one of this `tokenId` was given already.
   */
  readonly token: (
    isRenewal: boolean,
  ) => AnyToken | PromiseLike<AnyToken>;
  /** The token's own name: another is tried after one that ended for good. */
  readonly tokenId: string;
  readonly isEnabled: boolean;
  /** How many messages are kept. */
  readonly limit: number;
  /** Milliseconds to collect messages before they are shown. */
  readonly interval: number;
  readonly from?: Realtime.Subscribe.From | undefined;
  readonly validate?: boolean | undefined;
  readonly onGap?: ((gap: Realtime.Subscribe.Gap) => void) | undefined;
  readonly onError?: ((error: RealtimeError) => void) | undefined;
  /** Whether a hidden page disconnects until it is shown. */
  readonly pausesOnHidden?: boolean | undefined;
  /** Whether it comes back when the connection is lost. */
  readonly comesBack?: boolean | undefined;
  /** What is to be made of all messages: a function that is the same at every render. */
  readonly fold?: Fold<T> | undefined;
  /** Whether what was made of them ends the subscription. */
  readonly isOver?: ((folded: T) => boolean) | undefined;
}

/** One component's view of a source: what it was shown, and what is new to it. A store for `useSyncExternalStore`. */
export class View<T> {
  readonly key: string;
  /** The options that were rendered last. */
  options: ViewOptions<T>;
  /** The first message that was not rendered yet. */
  unread = 0;
  #snapshot: Snapshot<T> = INITIAL;
  #source: Source<T> | undefined;
  #notify: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where what it shows begins. */
  #start = 0;
  #cleared: T | undefined;
  #clearedError: Error | null = null;

  /** @param key Views with the same one share a source. */
  constructor(key: string, options: ViewOptions<T>) {
    this.key = key;
    this.options = options;
  }

  /** The store's: the component is on the screen. */
  readonly subscribe = (notify: () => void): () => void => {
    const source = openSource(this);
    if (source !== this.#source) this.#start = this.unread = 0;
    this.#source = source;
    this.#notify = notify;
    if (this.options.isEnabled) this.show();
    return () => {
      clearTimeout(this.#timer);
      this.#notify = this.#timer = undefined;
      source.remove(this);
    };
  };

  /** The store's: what to render. */
  readonly getSnapshot = (): Snapshot<T> => this.#snapshot;

  /** The component was rendered, and is on the screen. */
  committed({ end }: Snapshot<T>, options: ViewOptions<T>): void {
    const wasEnabled = this.options.isEnabled;
    this.unread = end;
    this.options = options;
    this.#source?.update();
    if (options.isEnabled && !wasEnabled) this.show();
  }

  /** Forgets what it showed; other components keep it. */
  readonly clear = (): void => {
    const { log, folded, error } = this.#source ?? {};
    this.#start = log?.end ?? 0;
    this.#cleared = folded;
    this.#clearedError = error ?? null;
    this.show();
  };

  /** Publishes with the subscription, once it is open. */
  readonly send: Subscription["send"] = async (topic, data) =>
    await (await this.#subscription()).send(topic, data);

  /** Answers a question with the subscription, once it is open. */
  readonly reply: Subscription["reply"] = async (question, data) =>
    await (await this.#subscription()).reply(question, data);

  /** Stops a data stream that it shows; `false` where it shows none. */
  async stop(stream: StreamPlace | undefined): Promise<boolean> {
    return stream !== undefined &&
      await (await this.#subscription()).stop(stream);
  }

  async #subscription(): Promise<Subscription> {
    if (!this.#source || !this.options.isEnabled) throw noSubscription();
    return await this.#source.subscription();
  }

  /** The source's: messages arrived. */
  received(): void {
    if (!this.options.isEnabled) return;
    // Also without an interval: what arrives in one turn is rendered once.
    this.#timer ??= setTimeout(this.show, this.options.interval);
  }

  /** The source's: its state changed. */
  changed(): void {
    this.#publish(this.#snapshot);
  }

  /** Shows what the source has. */
  readonly show = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#source) return;
    const { log, folded } = this.#source;
    const { end } = log;
    const start = this.#start;
    this.#publish({
      ...this.#snapshot,
      end,
      all: log.between(start, end, this.options.limit),
      delta: log.between(Math.max(start, this.unread), end),
      folded,
      cleared: this.#cleared,
    });
  };

  #publish(snapshot: Snapshot<T>): void {
    const { state, error } = this.#source ?? INITIAL;
    this.#snapshot = {
      ...snapshot,
      state,
      error: error === this.#clearedError ? null : error,
    };
    this.#notify?.();
  }
}
