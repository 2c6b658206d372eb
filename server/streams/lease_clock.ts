/** Milliseconds of a slot of time: a hundredth of the lease, between these. */
const SLOT_MS = { least: 1, most: 500 } as const;

/** Something that waits for its time. */
export interface Timed<T> {
  /** All that wait for the same slot of time; `undefined` while it waits for none. */
  slot: Set<T> | undefined;
}

/**
 * Tells when the leases of streams may have run out, at most two slots of time late. All streams share one timer: on Deno, 90,000 timers
 * that are due at once would delay everything else for 0.7 s.
 */
export class LeaseClock<T extends Timed<T>> {
  readonly #slotMs: number;
  readonly #due: (stream: T) => void;
  /** By the number of the slot, counted from the start of the process. */
  readonly #slots = new Map<number, Set<T>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param due Called with a stream when its time has come. */
  constructor(leaseMs: number, due: (stream: T) => void) {
    const { least, most } = SLOT_MS;
    this.#slotMs = Math.min(most, Math.max(least, leaseMs / 100));
    this.#due = due;
  }

  /** Sets the time of a stream, by `performance.now()`, in place of the one that it had. */
  set(stream: T, at: number): void {
    stream.slot?.delete(stream);
    if (this.#isClosed) return;
    const number = Math.ceil(at / this.#slotMs);
    const slot = this.#slots.get(number) ?? new Set<T>();
    this.#slots.set(number, slot.add(stream));
    stream.slot = slot;
    this.#start();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#slots.clear();
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tick(), this.#slotMs);
    // A lease must not keep a process alive; browsers' and Deno's timers are numbers.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [number, slot] of this.#slots) {
      if (number * this.#slotMs > now && slot.size > 0) continue;
      this.#slots.delete(number);
      for (const stream of slot) {
        stream.slot = undefined;
        this.#due(stream);
      }
    }
    if (this.#slots.size > 0) this.#start();
  }
}
