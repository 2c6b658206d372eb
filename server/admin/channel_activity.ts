import { LEASE_TOPIC } from "../wire/stream_message.ts";

/** Seconds over which the rate of a channel is measured. */
const WINDOW = 10;

/** Topics that are remembered of a channel. */
const TOPICS = 10;

/** Milliseconds after which a channel without messages may be forgotten, and channels from which on that happens earlier. */
const KEPT = { ms: 5 * 60_000, channels: 10_000 } as const;

/** Counts the messages that were published to one channel lately, at this gateway. */
class Activity {
  /** The offset of the newest message. */
  top = 0;
  epoch = "";
  /** The topics of the newest messages. */
  topics: string[] = [];
  /** Messages of each of the last seconds; that of a second is at the second modulo the window. */
  readonly #counts: number[] = new Array(WINDOW).fill(0);
  #second = 0;

  count(second: number): void {
    this.#advance(second);
    const index = second % WINDOW;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  rate(second: number): number {
    this.#advance(second);
    return this.#counts.reduce((sum, count) => sum + count, 0) / WINDOW;
  }

  noteTopic(topic: string): void {
    if (this.topics.includes(topic)) return;
    if (this.topics.length >= TOPICS) this.topics.shift();
    this.topics.push(topic);
  }

  /** Clears the counts of the seconds since the last one. */
  #advance(second: number): void {
    const passed = Math.min(WINDOW, second - this.#second);
    for (let i = 0; i < passed; i++) this.#counts[(second - i) % WINDOW] = 0;
    if (passed > 0) this.#second = second;
  }
}

/**
 * The channels that were published to at this gateway in the last minutes: their rates and topics. It takes about 0.4 KB for each, has no
 * timer, and forgets the channels without new messages in two generations, so that a publish only adds to a number.
 */
export class ChannelActivity {
  readonly #now: () => number;
  #young = new Map<string, Activity>();
  #old: ReadonlyMap<string, Activity> = new Map();
  #turnedAt: number;

  /** @param now The clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#turnedAt = now();
  }

  /** How many channels it knows. */
  get size(): number {
    return this.names().size;
  }

  /**
   * Counts a message. The retry of a message that this gateway has seen is not counted again.
   *
   * @returns Whether the message is new.
   */
  add(channel: string, topic: string, id: string): boolean {
    if (topic === LEASE_TOPIC) return false;
    const now = this.#now();
    const end = id.lastIndexOf("-");
    const offset = Number(id.slice(end + 1));
    const activity = this.#use(channel, now);
    const isSameLog = id.startsWith(activity.epoch) &&
      activity.epoch.length === end;
    if (isSameLog && offset <= activity.top) return false;
    if (!isSameLog) activity.epoch = id.slice(0, Math.max(0, end));
    activity.top = offset;
    activity.noteTopic(topic);
    activity.count(Math.floor(now / 1000));
    return true;
  }

  /** Messages per second over the last 10 seconds. */
  rate(channel: string): number {
    const activity = this.#young.get(channel) ?? this.#old.get(channel);
    return activity?.rate(Math.floor(this.#now() / 1000)) ?? 0;
  }

  /** The topics of the newest messages. */
  topics(channel: string): readonly string[] {
    const activity = this.#young.get(channel) ?? this.#old.get(channel);
    return activity?.topics ?? [];
  }

  has(channel: string): boolean {
    this.#turn(this.#now());
    return this.#young.has(channel) || this.#old.has(channel);
  }

  /** The channels that it knows. */
  names(): Set<string> {
    this.#turn(this.#now());
    return new Set([...this.#old.keys(), ...this.#young.keys()]);
  }

  #use(channel: string, now: number): Activity {
    this.#turn(now);
    let activity = this.#young.get(channel);
    if (!activity) {
      activity = this.#old.get(channel) ?? new Activity();
      this.#young.set(channel, activity);
    }
    return activity;
  }

  /** Begins a new generation if it is time; forgets the channels that had no message in the last one. */
  #turn(now: number): void {
    const passed = now - this.#turnedAt;
    if (passed < KEPT.ms && this.#young.size < KEPT.channels) return;
    this.#old = passed < 2 * KEPT.ms ? this.#young : new Map();
    this.#young = new Map();
    this.#turnedAt = now;
  }
}
