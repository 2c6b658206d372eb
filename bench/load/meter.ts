import process from "node:process";
import { cpuMs } from "../../tests/support/process/child.ts";
import type { Faults } from "./counter.ts";
import type { Subscribers } from "./subscribers.ts";

/** The messages that a meter expects, and the server whose CPU time it measures. */
export interface Metered {
  /** The size of a message's data as JSON: a string with its quotes. */
  readonly bytes: number;
  /** The processes of the server. */
  readonly pid: number | readonly number[];
}

/** The messages that arrived, and the CPU time that they cost. */
export interface Arrived extends Faults {
  readonly published: number;
  readonly delivered: number;
  readonly seconds: number;
  /** CPU time of the server and of this process, in milliseconds. */
  readonly serverMs: number;
  readonly loadMs: number;
  /** Deliveries that did not arrive. */
  readonly outstanding: number;
  /** Whether all subscribers of a channel received the same order. */
  readonly isOneOrder: boolean;
}

/** How long the last delivery may take. */
export const SETTLE_MS = 10_000;

/** Measures what arrives at subscribers, from its construction on. */
export class Meter {
  readonly #subscribers: Subscribers | undefined;
  readonly #pid: number | readonly number[];
  readonly #before: number;
  readonly #faults: Faults;
  readonly #serverMs: number;
  readonly #loadMs: number;
  /** When it began, as `performance.now()` tells it. */
  readonly start: number;

  constructor(subscribers: Subscribers | undefined, metered: Metered) {
    const counter = subscribers?.counter;
    counter?.expect(metered.bytes - 2);
    this.#subscribers = subscribers;
    this.#pid = metered.pid;
    this.#before = counter?.messages ?? 0;
    this.#faults = { missing: 0, repeated: 0, ...counter?.faults };
    this.#serverMs = cpuMs(metered.pid);
    this.#loadMs = cpuMs(process.pid);
    this.start = performance.now();
  }

  /** The number of deliveries that have arrived. */
  get delivered(): number {
    return (this.#subscribers?.counter.messages ?? 0) - this.#before;
  }

  /** Returns the number of deliveries of published messages that have not arrived yet. */
  outstanding(published: number): number {
    const { fanOut = 0 } = this.#subscribers ?? {};
    return published * fanOut - this.delivered;
  }

  /** Returns what has arrived of the messages that were published. */
  read(published: number): Arrived {
    const { counter, channels } = this.#subscribers ?? {};
    const { missing, repeated } = counter?.faults ?? this.#faults;
    return {
      published,
      delivered: this.delivered,
      seconds: (performance.now() - this.start) / 1000,
      serverMs: cpuMs(this.#pid) - this.#serverMs,
      loadMs: cpuMs(process.pid) - this.#loadMs,
      missing: missing - this.#faults.missing,
      repeated: repeated - this.#faults.repeated,
      outstanding: this.outstanding(published),
      isOneOrder: channels?.length !== 1 || counter?.isOneOrder !== false,
    };
  }
}
