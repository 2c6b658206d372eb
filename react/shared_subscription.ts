import { isTransient } from "../core/http/transient.ts";
import { backoff, backoffBounds, pause } from "../core/time/backoff.ts";
import { channelName } from "../core/channel/channel.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import { openWithTokens } from "../core/subscribe/open_with_tokens.ts";
import { createTokenSource } from "../core/subscribe/token_source.ts";
import { warnOfGap } from "../core/subscribe/warn_of_gap.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { Gap, StateDetails } from "../core/types/subscription.ts";
import { MessageLog } from "./message_log.ts";
import type { AnyToken, ViewOptions } from "./view_options.ts";
import type { AnyMessage, SharedState } from "./view_state.ts";

/** A subscription to any channel. */
export type Subscription = Realtime.Subscribe.StreamSubscription;

/** A component that shows a shared subscription. */
export interface Viewer<T> {
  /** Components with the same key share a subscription. */
  readonly key: string;
  readonly options: ViewOptions<T>;
  /** The position of the first message that is not rendered yet. */
  readonly unread: number;
  /** Called when messages have arrived. */
  received(): void;
  /** Called when the subscription's state has changed. */
  changed(): void;
  /** Called when the messages so far are forgotten. */
  show(): void;
}

/** One run of the subscription, from its first token until it ends, which aborts it. */
interface Run extends AbortController {
  readonly tokenId: string;
  /** A token that was fetched already and is not used yet. */
  token: AnyToken | undefined;
  /** How many attempts have failed in a row. */
  attempt: number;
  /** Whether the subscription has been open, so that it now reconnects. */
  wasOpen: boolean;
}

/** The part of `document` that is used here: the types of browsers may be missing. */
interface Page extends EventTarget {
  readonly hidden: boolean;
}

/** Absent where React renders without a page. */
const { document: page } = globalThis as { readonly document?: Page };

/** The part of a shared subscription that the devtools show. */
export interface ObservedSubscription {
  readonly state: SharedState;
  /** The error of a run that failed, or the reason why the gateway can't be reached. */
  readonly error: Error | null;
  /** Milliseconds from the last change of the state to the next attempt; `null` if none is planned. */
  readonly retryInMs: number | null;
  /** The channel and topics of the tokens so far, as JSON: `[channel, topics]`. */
  readonly grant: string | undefined;
  /** The id from which the next run misses nothing. */
  readonly position: string | undefined;
  readonly log: MessageLog<AnyMessage>;
}

/** Called when a subscription's state has changed, and with each message and each gap. */
export type Observer = (
  subscription: ObservedSubscription,
  news?: AnyMessage | Gap,
) => void;

/** The shared subscriptions, by the keys of their components. */
export const subscriptions: Map<string, ObservedSubscription> = new Map();

let observer: Observer | undefined;

/** Sets the function that is called with what happens to any subscription. Apps without the devtools have none. */
export function observeSubscriptions(observe: Observer | undefined): void {
  observer = observe;
}

/** Makes the error for sending without a subscription. */
export function noSubscription(): RealtimeError {
  return new RealtimeError("aborted", "Cannot send: there is no subscription");
}

/** Returns the subscription that the component shares with others of the same key, and adds the component to it. */
export function joinSubscription<T>(viewer: Viewer<T>): SharedSubscription<T> {
  const { key, options } = viewer;
  // The function that folds messages is part of the key, so that the type fits.
  const known = subscriptions.get(key) as SharedSubscription<T> | undefined;
  const shared = known ?? new SharedSubscription(key, options);
  subscriptions.set(key, shared);
  shared.add(viewer);
  return shared;
}

/** One subscription and the messages it has received, shared by all components with the same key. */
export class SharedSubscription<T> implements ObservedSubscription {
  readonly log: MessageLog<AnyMessage> = new MessageLog();
  /** The value that all messages were folded into. */
  folded: T | undefined;
  state: SharedState = "paused";
  error: Error | null = null;
  retryInMs: number | null = null;
  grant: string | undefined;
  position: string | undefined;
  readonly #key: string;
  readonly #options: ViewOptions<T>;
  readonly #viewers = new Set<Viewer<T>>();
  #run: Run | undefined;
  /** The subscription while it is open. */
  #subscription: Subscription | undefined;
  /** The callers that wait until the subscription opens or its run ends. */
  readonly #waiting: (() => void)[] = [];
  /** The `tokenId` of the last token that a component returned. */
  #givenId: string | undefined;
  /** The `tokenId` of a run that ended for good: its token is not tried again. */
  #finalId: string | undefined;

  /** @param options Those of the first component; the other components' callbacks are called too. */
  constructor(key: string, options: ViewOptions<T>) {
    this.#key = key;
    this.#options = options;
    if (options.pauseOnHidden) {
      page?.addEventListener("visibilitychange", this.update);
    }
  }

  add(viewer: Viewer<T>): void {
    this.#viewers.add(viewer);
    this.update();
  }

  /** Removes a component; without any, the subscription ends. */
  remove(viewer: Viewer<T>): void {
    this.#viewers.delete(viewer);
    // StrictMode and moves in the tree remove a component and add it again at once.
    setTimeout(() => {
      this.update();
      const isCurrent = subscriptions.get(this.#key) === this;
      if (this.#viewers.size > 0 || !isCurrent) return;
      page?.removeEventListener("visibilitychange", this.update);
      subscriptions.delete(this.#key);
    });
  }

  /** Starts or ends the subscription, depending on the components' options and on the page. */
  readonly update = (): void => {
    const [enabled] = this.#enabledViewers();
    if (!enabled || (this.#options.pauseOnHidden && page?.hidden)) {
      this.#finalId = undefined;
      this.#end("paused");
      return;
    }
    const { tokenId } = enabled.options;
    if (!this.#run && tokenId !== this.#finalId) void this.#start(tokenId);
  };

  /** Waits until the subscription is open; throws `aborted` if no run is going on, or if it ends before. */
  async subscription(): Promise<Subscription> {
    while (this.#run && !this.#subscription) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#subscription) return this.#subscription;
    throw noSubscription();
  }

  #enabledViewers(): Viewer<T>[] {
    return [...this.#viewers].filter(({ options }) => options.enabled);
  }

  /** Runs the subscription until it ends. Transient failures are retried, also those of the app that issues tokens. */
  async #start(tokenId: string, token?: AnyToken): Promise<void> {
    const details = { tokenId, token, attempt: 0, wasOpen: false };
    const run: Run = Object.assign(new AbortController(), details);
    this.#run = run;
    while (!run.signal.aborted) {
      try {
        await this.#read(run);
        return this.#finish(run, "closed");
      } catch (error) {
        if (this.#options.reconnect === false || !isTransient(error)) {
          return this.#finish(run, "failed", error as Error);
        }
        await this.#wait(run, error as RealtimeError);
      }
    }
  }

  /** Waits before the next attempt. The first failure is reported as that of an outage. */
  async #wait(run: Run, error: RealtimeError): Promise<void> {
    const retryInMs = backoff(run.attempt++, backoffBounds(this.#options));
    const { attempt } = run;
    this.#report(run, "waiting", { error, attempt, retryInMs });
    if (attempt === 1) this.#warn(error);
    await pause(retryInMs, run.signal);
  }

  /** Subscribes and reads the messages until they end. */
  async #read(run: Run): Promise<void> {
    const { validate, from, isOver } = this.#options;
    const { reconnectMin, reconnectMax } = this.#options;
    const { signal } = run;
    // Unlike subscribe(), this never gets tokens without the app: that part stays out of the bundles of pages.
    const tokens = createTokenSource(() => this.#nextToken(run));
    const opened = await openWithTokens(tokens, {
      signal,
      validate,
      from: this.position ?? from,
      reconnectMin,
      reconnectMax,
      onState: (state, details) => this.#report(run, state, details),
      onGap: (gap) => {
        this.#fold(undefined, gap);
        this.#callEach(({ onGap = warnOfGap }) => onGap, gap);
      },
      onError: (error) => this.#warn(error),
    });
    const messages = opened as unknown as Subscription;
    this.position ??= messages.position();
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

  /** Returns the next token of a run. A token for another channel or other topics ends the run and starts a new one. */
  async #nextToken(run: Run): Promise<AnyToken> {
    this.#report(run, "refreshing");
    const token = run.token ?? await this.#askForToken();
    run.token = undefined;
    run.signal.throwIfAborted();
    if (this.#isSameGrant(token)) return token;
    this.#forget();
    run.abort();
    void this.#start(run.tokenId, token);
    throw run.signal.reason;
  }

  async #askForToken(): Promise<AnyToken> {
    const [viewer] = this.#viewers;
    if (!viewer) throw noSubscription();
    const { token, tokenId } = viewer.options;
    const isRenewal = tokenId === this.#givenId;
    this.#givenId = tokenId;
    return await token(isRenewal);
  }

  #isSameGrant({ channel, topics }: AnyToken): boolean {
    const before = this.grant;
    this.grant = JSON.stringify([channelName(channel), topics]);
    return before === undefined || before === this.grant;
  }

  /** Forgets all messages, so that no component shows two channels. */
  #forget(): void {
    this.log.clear();
    this.folded = this.position = undefined;
    for (const viewer of this.#viewers) viewer.show();
  }

  /** Shows the state of a run, unless the run has ended. */
  #report(run: Run, state: SharedState, details: StateDetails = {}): void {
    if (run.signal.aborted) return;
    if (state === "waiting" && this.#options.reconnect === false) {
      return this.#finish(run, "closed");
    }
    if (state === "open") {
      run.attempt = 0;
      run.wasOpen = true;
    }
    const isLost = state === "connecting" || state === "waiting";
    // A connection that is lost usually comes back at once, and is no error before an attempt has failed.
    const { error, attempt, retryInMs } = details;
    this.#to(
      run.wasOpen && isLost ? "reconnecting" : state,
      attempt === 0 ? undefined : error,
      retryInMs,
    );
  }

  /** Ends a run for good. */
  #finish(run: Run, state: "closed" | "failed", error?: Error): void {
    if (run.signal.aborted) return;
    this.#finalId = run.tokenId;
    this.#end(state, error);
  }

  #end(state: "paused" | "closed" | "failed", error?: Error): void {
    this.#run?.abort();
    this.#run = this.#subscription = undefined;
    this.#wake();
    this.#to(state, error);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #to(
    state: SharedState,
    error: Error | null = null,
    retryInMs: number | null = null,
  ): void {
    const isSame = this.state === state && this.error === error &&
      this.retryInMs === retryInMs;
    if (isSame) return;
    this.state = state;
    this.error = error;
    this.retryInMs = retryInMs;
    for (const viewer of this.#viewers) viewer.changed();
    observer?.(this);
  }

  /** Tells all components of an error that doesn't end the subscription. */
  #warn(error: RealtimeError): void {
    this.#callEach(({ onError = console.warn }) => onError, error);
  }

  /** Calls a callback of all components, each function once. */
  #callEach<It>(
    callbackOf: (options: ViewOptions<T>) => (it: It) => void,
    it: It,
  ): void {
    const callbacks = Array.from(
      this.#viewers,
      ({ options }) => callbackOf(options),
    );
    for (const callback of new Set(callbacks)) callback(it);
  }

  #take(message: AnyMessage): void {
    this.position = message.id;
    // Messages about the run are not the app's own: they are only folded.
    if (message.kind !== "run") {
      const viewers = this.#enabledViewers();
      this.log.append(
        message,
        Math.max(0, ...viewers.map(({ options }) => options.historyLimit)),
        Math.min(...viewers.map(({ unread }) => unread)),
      );
    }
    this.#fold(message);
  }

  #fold(message: AnyMessage | undefined, gap?: Gap): void {
    this.folded = this.#options.fold?.(this.folded, message);
    for (const viewer of this.#viewers) viewer.received();
    observer?.(this, message ?? gap);
  }
}
