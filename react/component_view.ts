import type { StreamPlace } from "../core/types/stream.ts";
import {
  joinSubscription,
  noSubscription,
  type SharedSubscription,
  type Subscription,
  type Viewer,
} from "./shared_subscription.ts";
import type { ViewOptions } from "./view_options.ts";
import { INITIAL, type ViewState } from "./view_state.ts";

/** One component's view of a shared subscription: what the component has shown, and what is new to it. A store for `useSyncExternalStore`. */
export class ComponentView<T> implements Viewer<T> {
  readonly key: string;
  /** The options of the last render. */
  options: ViewOptions<T>;
  unread = 0;
  #state: ViewState<T> = INITIAL;
  #shared: SharedSubscription<T> | undefined;
  #notify: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The position of the first message that is shown. */
  #start = 0;
  #cleared: T | undefined;
  #clearedError: Error | null = null;

  constructor(key: string, options: ViewOptions<T>) {
    this.key = key;
    this.options = options;
  }

  /** Joins the subscription when the component is mounted, as `useSyncExternalStore` asks for it. */
  readonly subscribe = (notify: () => void): () => void => {
    const shared = joinSubscription(this);
    if (shared !== this.#shared) this.#start = this.unread = 0;
    this.#shared = shared;
    this.#notify = notify;
    if (this.options.enabled) this.show();
    return () => {
      clearTimeout(this.#timer);
      this.#notify = this.#timer = undefined;
      shared.remove(this);
    };
  };

  /** Returns the state to render, as `useSyncExternalStore` asks for it. */
  readonly getState = (): ViewState<T> => this.#state;

  /** Takes note that a state was rendered with these options. */
  committed({ end }: ViewState<T>, options: ViewOptions<T>): void {
    const wasEnabled = this.options.enabled;
    this.unread = end;
    this.options = options;
    this.#shared?.update();
    if (options.enabled && !wasEnabled) this.show();
  }

  /** Clears this component; other components keep their messages. */
  readonly clear = (): void => {
    const { log, folded, error } = this.#shared ?? {};
    this.#start = log?.end ?? 0;
    this.#cleared = folded;
    this.#clearedError = error ?? null;
    this.show();
  };

  /** Publishes through the subscription, once it is open. */
  readonly send: Subscription["send"] = async (topic, data) =>
    await (await this.#subscription()).send(topic, data);

  /** Replies to a question through the subscription, once it is open. */
  readonly reply: Subscription["reply"] = async (question, data) =>
    await (await this.#subscription()).reply(question, data);

  /** Stops a data stream; returns `false` if there is none. */
  async stop(stream: StreamPlace | undefined): Promise<boolean> {
    return stream !== undefined &&
      await (await this.#subscription()).stop(stream);
  }

  async #subscription(): Promise<Subscription> {
    if (!this.#shared || !this.options.enabled) throw noSubscription();
    return await this.#shared.subscription();
  }

  received(): void {
    if (!this.options.enabled) return;
    // Also with an interval of 0: messages that arrive in one turn are rendered together.
    this.#timer ??= setTimeout(this.show, this.options.bufferInterval);
  }

  changed(): void {
    this.#publish(this.#state);
  }

  readonly show = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#shared) return;
    const { log, folded } = this.#shared;
    const { end } = log;
    const start = this.#start;
    this.#publish({
      ...this.#state,
      end,
      all: log.between(start, end, this.options.historyLimit),
      delta: log.between(Math.max(start, this.unread), end),
      folded,
      cleared: this.#cleared,
    });
  };

  #publish(shown: ViewState<T>): void {
    const { state, error, retryInMs } = this.#shared ?? INITIAL;
    this.#state = {
      ...shown,
      state,
      retryInMs,
      error: error === this.#clearedError ? null : error,
    };
    this.#notify?.();
  }
}
