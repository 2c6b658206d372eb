import { type Arrived, Meter, type Metered, SETTLE_MS } from "./meter.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscribers } from "./subscribers.ts";

/** A load: the messages that are published, and for how long. */
export interface Load extends Metered {
  readonly seconds: number;
  /** Messages per second; without it each publisher sends the next message when the last one was answered. */
  readonly rate?: number;
  /**
   * Whether the latency of a message counts from when it was sent, unless an earlier one was unanswered when it was due. Without it
   * the generator's timer, which fires each millisecond, is a part of every latency.
   *
   * @default {false}
   */
  readonly isSpaced?: boolean;
}

/** The result of a measurement. */
export interface Measured extends Arrived {
  /** Milliseconds from when a message was due to its delivery; only with a rate. */
  readonly p50: number;
  readonly p99: number;
  /** How often a publisher had to wait for subscribers that were behind. */
  readonly held: number;
}

/** How many messages a subscriber may be behind, for each message that is published at once. */
const AHEAD = 4;

/** How many latencies are kept, which is enough for percentiles. */
const MAX_LATENCIES = 4_000_000;

/** Publishes a load and measures until all of it has arrived. */
export class Traffic {
  readonly #subscribers: Subscribers | undefined;
  readonly #publishers: readonly Publisher[];
  readonly #load: Load;
  readonly #held: Publisher[] = [];
  readonly #latencies: Float64Array;
  /** For each publisher: when its messages were due, by their numbers. */
  readonly #due: number[][];
  #latencyCount = 0;
  readonly #meter: Meter;
  #published = 0;
  #heldCount = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(
    subscribers: Subscribers | undefined,
    publishers: readonly Publisher[],
    load: Load,
  ) {
    this.#subscribers = subscribers;
    this.#publishers = publishers;
    this.#load = load;
    this.#latencies = new Float64Array(
      load.rate === undefined ? 0 : MAX_LATENCIES,
    );
    this.#due = publishers.map(() => []);
    this.#meter = new Meter(subscribers, load);
  }

  /** Runs the measurement. */
  async run(): Promise<Measured> {
    const { rate, seconds } = this.#load;
    const counter = this.#subscribers?.counter;
    const firsts = this.#publishers.map(({ next }) => next);
    if (counter && rate !== undefined) {
      counter.onMessage = (publisher, sequence) => {
        const due = this.#due[publisher]?.[sequence - (firsts[publisher] ?? 0)];
        if (due === undefined || this.#latencyCount >= MAX_LATENCIES) return;
        this.#latencies[this.#latencyCount++] = performance.now() - due;
      };
    }
    if (this.#subscribers) this.#subscribers.onRead = () => this.#onRead();
    for (const publisher of this.#publishers) {
      publisher.onAnswer = () => this.#onAnswer(publisher);
    }
    if (rate === undefined) {
      for (const publisher of this.#publishers) this.#send(publisher);
      await sleep(seconds * 1000);
    } else await this.#pace(this.#meter.start, rate, seconds * 1000);
    this.#isOver = true;
    await this.#settle();
    const arrived = this.#meter.read(this.#published);
    if (this.#failure) throw this.#failure;
    if (counter) counter.onMessage = undefined;
    const sorted = this.#latencies.slice(0, this.#latencyCount).sort();
    const at = (share: number) =>
      sorted[Math.floor(share * sorted.length)] ?? 0;
    return {
      ...arrived,
      p50: at(0.5),
      p99: at(0.99),
      held: this.#heldCount,
    };
  }

  /** The error that ended a connection, if any. */
  get #failure(): Error | undefined {
    return this.#subscribers?.lost ??
      this.#publishers.find(({ failure }) => failure)?.failure;
  }

  /** The number of deliveries that have not arrived yet. */
  get #outstanding(): number {
    return this.#meter.outstanding(this.#published);
  }

  /** Whether so many deliveries are on their way that the subscribers would become the bottleneck. */
  get #isBehind(): boolean {
    const { fanOut = 0 } = this.#subscribers ?? {};
    let atOnce = 0;
    for (const { perRequest } of this.#publishers) atOnce += perRequest;
    return this.#outstanding > AHEAD * atOnce * fanOut;
  }

  #send(publisher: Publisher): void {
    publisher.send(this.#load.bytes - 2);
    this.#published += publisher.perRequest;
  }

  #onAnswer(publisher: Publisher): void {
    if (publisher.failure) this.#isOver = true;
    if (this.#isOver) return this.#wake();
    if (this.#load.rate !== undefined) return;
    if (this.#isBehind) {
      this.#heldCount++;
      this.#held.push(publisher);
    } else this.#send(publisher);
  }

  #onRead(): void {
    if (this.#isOver) {
      if (this.#isSettled) this.#wake();
      return;
    }
    while (this.#held.length > 0 && !this.#isBehind) {
      const publisher = this.#held.pop();
      if (publisher) this.#send(publisher);
    }
  }

  /** Publishes each message when it is due, with any idle publisher. */
  async #pace(start: number, rate: number, ms: number): Promise<void> {
    const total = Math.floor(rate * ms / 1000);
    const count = this.#publishers.length;
    let turn = 0;
    let wasBusy = false;
    while (this.#published < total && !this.#isOver) {
      for (let tried = 0; tried < count; tried++) {
        const due = start + this.#published * 1000 / rate;
        if (this.#published >= total || performance.now() < due) break;
        const number = turn++ % count;
        const publisher = this.#publishers[number];
        if (!publisher?.isIdle) {
          wasBusy = true;
          continue;
        }
        const isOwnDelay = this.#load.isSpaced && !wasBusy;
        this.#due[number]?.push(isOwnDelay ? performance.now() : due);
        wasBusy = false;
        this.#send(publisher);
      }
      await sleep(0);
    }
  }

  get #isSettled(): boolean {
    return this.#failure !== undefined ||
      (this.#outstanding <= 0 || this.#subscribers === undefined) &&
        this.#publishers.every(({ isIdle }) => isIdle);
  }

  async #settle(): Promise<void> {
    const deadline = setTimeout(() => this.#wake(), SETTLE_MS);
    if (!this.#isSettled) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = () => {
        if (
          this.#isSettled || performance.now() > started + SETTLE_MS - 1
        ) resolve();
      };
      const started = performance.now();
      await promise;
    }
    clearTimeout(deadline);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
