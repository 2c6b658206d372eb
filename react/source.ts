import { isTransient } from "../core/http/transient.ts";
import { backoff, pause } from "../core/time/backoff.ts";
import { channelName } from "../core/channel/channel.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import { subscribe } from "../core/subscribe/subscribe.ts";
import type { Realtime } from "../core/types/realtime.ts";
import { MessageLog } from "./message_log.ts";
import type { AnyMessage, SourceState } from "./snapshot.ts";
import type { View, ViewOptions } from "./view.ts";

/** A token, of whatever channel. */
export type AnyToken = Realtime.Subscribe.Token;

/** A subscription, to whatever channel. */
export type Subscription = Realtime.Subscribe.StreamSubscription;

/** The error for sending where nothing is subscribed to. */
export function noSubscription(): RealtimeError {
  return new RealtimeError("aborted", "Cannot send: there is no subscription");
}

const sources = new Map<string, unknown>();

/** What is used of a page; not the type of browsers, which not every user of this module has. */
interface Page
  extends Pick<EventTarget, "addEventListener" | "removeEventListener"> {
  readonly hidden: boolean;
}

/** React also renders where there is no page. */
const { document: page } = globalThis as { readonly document?: Page };

/** The source of a view: the one that others with the same key read, else a new one. */
export function openSource<T>(view: View<T>): Source<T> {
  const { key, options } = view;
  // What is made of the messages is part of the key.
  let source = sources.get(key) as Source<T> | undefined;
  if (!source) {
    source = new Source(key, options);
    sources.set(key, source);
  }
  source.add(view);
  return source;
}

/** One subscription and what it has received, shared by every component with the same key. */
export class Source<T> {
  readonly log: MessageLog<AnyMessage> = new MessageLog();
  /** What was made of all messages. */
  folded: T | undefined;
  state: SourceState = "paused";
  error: Error | null = null;
  readonly #key: string;
  readonly #options: ViewOptions<T>;
  readonly #views = new Set<View<T>>();
  /** Ends the subscription; absent while there is none. */
  #ending: AbortController | undefined;
  #givenId: string | undefined;
  /** The subscription, while it is open. */
  #subscription: Subscription | undefined;
  /** Who waits for that. */
  readonly #waiting: (() => void)[] = [];
  /** The token with which it ended for good: it is not tried again. */
  #endedWith: string | undefined;
  /** The channel and topics of the tokens so far. */
  #grant: string | undefined;
  /** From where nothing is missed. */
  #position: string | undefined;

  /** @param options What its first component wants; the functions of others are called too. */
  constructor(key: string, options: ViewOptions<T>) {
    this.#key = key;
    this.#options = options;
    if (options.pausesOnHidden) {
      page?.addEventListener("visibilitychange", this.update);
    }
  }

  /** A component reads it. */
  add(view: View<T>): void {
    this.#views.add(view);
    this.update();
  }

  /** A component doesn't read it any more. */
  remove(view: View<T>): void {
    this.#views.delete(view);
    // StrictMode and moves in the tree take a component off and put it back at once.
    setTimeout(() => {
      this.update();
      if (this.#views.size > 0 || sources.get(this.#key) !== this) return;
      page?.removeEventListener("visibilitychange", this.update);
      sources.delete(this.#key);
    });
  }

  /** What its components want of it may have changed. */
  readonly update = (): void => {
    const wish = Array.from(this.#views, ({ options }) => options)
      .find(({ isEnabled }) => isEnabled);
    if (!wish || (this.#options.pausesOnHidden && page?.hidden)) {
      this.#endedWith = undefined;
      this.#end("paused");
    } else if (!this.#ending && wish.tokenId !== this.#endedWith) {
      void this.#open(wish.tokenId);
    }
  };

  /** Reads until it is over; what may pass, as an app that can't be reached for a token, is tried again. */
  async #open(tokenId: string, given?: AnyToken): Promise<void> {
    const ending = this.#ending = new AbortController();
    const { signal } = ending;
    const { comesBack = true } = this.#options;
    let attempt = 0;
    const finish = (state: "closed" | "failed", error?: unknown): void => {
      if (signal.aborted) return;
      this.#endedWith = tokenId;
      this.#end(state, error);
    };
    const onState = (state: SourceState, error?: Error): void => {
      if (signal.aborted) return;
      if (state === "open") attempt = 0;
      if (state === "waiting" && !comesBack) finish("closed");
      else this.#to(state, error);
    };
    const ask = async (): Promise<AnyToken> => {
      onState("refreshing");
      const token = given ?? await this.#ask();
      given = undefined;
      if (!signal.aborted && !this.#isSame(token)) {
        ending.abort();
        void this.#open(tokenId, token);
      }
      signal.throwIfAborted();
      return token;
    };
    while (!signal.aborted) {
      try {
        await this.#read(ask, onState, signal);
        return finish("closed");
      } catch (error) {
        if (!comesBack || !isTransient(error)) return finish("failed", error);
        onState("waiting", error as Error);
      }
      await pause(backoff(attempt++), signal);
    }
  }

  async #read(
    ask: () => Promise<AnyToken>,
    onState: (state: SourceState, error?: Error) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { validate, from, isOver } = this.#options;
    const messages = await subscribe(ask, {
      signal,
      validate,
      from: this.#position ?? from,
      onState,
      onGap: (gap) => {
        this.#fold(undefined);
        this.#tell(({ onGap }) => onGap, gap);
      },
      onError: (error) => this.#tell(({ onError }) => onError, error),
    });
    this.#position ??= messages.position();
    this.#subscription = messages;
    this.#wake();
    try {
      for await (const message of messages) {
        if (signal.aborted) return;
        this.#take(message);
        if (this.folded && isOver?.(this.folded)) return;
      }
    } finally {
      if (this.#subscription === messages) this.#subscription = undefined;
    }
  }

  /**
   * The subscription, as soon as it is open.
   *
   * @throws {RealtimeError} `aborted` where it is not to be opened, or ended before.
   */
  async subscription(): Promise<Subscription> {
    while (this.#ending && !this.#subscription) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#subscription) return this.#subscription;
    throw noSubscription();
  }

  /** Who waits for the subscription looks again. */
  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Calls what the components gave, each function once; the console stands in where one gave none. */
  #tell<E>(
    handlerOf: (options: ViewOptions<T>) => ((it: E) => void) | undefined,
    it: E,
  ): void {
    const handlers = Array.from(
      this.#views,
      ({ options }) => handlerOf(options) ?? console.warn,
    );
    for (const handler of new Set(handlers)) handler(it);
  }

  async #ask(): Promise<AnyToken> {
    const [view] = this.#views;
    if (!view) throw new RealtimeError("aborted", "Nobody reads any more");
    const { token, tokenId } = view.options;
    const isRenewal = tokenId === this.#givenId;
    this.#givenId = tokenId;
    return await token(isRenewal);
  }

  /** Whether a token is for the same as those before. If not, what was received is forgotten: no component shows two channels. */
  #isSame({ channel, topics }: AnyToken): boolean {
    const grant = JSON.stringify([channelName(channel), topics]);
    const isSame = grant === (this.#grant ?? grant);
    this.#grant = grant;
    if (!isSame) {
      this.log.clear();
      this.folded = this.#position = undefined;
      for (const view of this.#views) view.show();
    }
    return isSame;
  }

  #end(state: "paused" | "closed" | "failed", error?: unknown): void {
    this.#ending?.abort();
    this.#ending = this.#subscription = undefined;
    this.#wake();
    this.#to(
      state,
      error === undefined || error instanceof Error
        ? error
        : new Error(String(error)),
    );
  }

  #to(state: SourceState, error: Error | null = null): void {
    if (this.state === state) return;
    this.state = state;
    this.error = error;
    for (const view of this.#views) view.changed();
  }

  #take(message: AnyMessage): void {
    this.#position = message.id;
    // What is said of the run is no message of the app's.
    if (message.kind !== "run") {
      const views = [...this.#views].filter(({ options }) => options.isEnabled);
      this.log.append(
        message,
        Math.max(0, ...views.map(({ options }) => options.limit)),
        Math.min(...views.map(({ unread }) => unread)),
      );
    }
    this.#fold(message);
  }

  #fold(message: AnyMessage | undefined): void {
    this.folded = this.#options.fold?.(this.folded, message);
    for (const view of this.#views) view.received();
  }
}
