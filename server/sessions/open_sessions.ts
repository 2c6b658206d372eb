import type { Session } from "./session.ts";

/** The connections that are open. Pings are spread over the interval, so that they never come all at once. */
export class OpenSessions {
  readonly #slots: Array<Set<Session>>;
  readonly #tickMs: number;
  #size = 0;
  #next = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #emptied: Array<() => void> = [];

  constructor(pingIntervalMs: number) {
    const count = Math.max(1, Math.min(15, Math.floor(pingIntervalMs / 100)));
    this.#slots = Array.from({ length: count }, () => new Set());
    this.#tickMs = pingIntervalMs / count;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Takes in one that opened. */
  add(session: Session): void {
    this.#slots[this.#size++ % this.#slots.length]?.add(session);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs);
  }

  /** Lets go of one that closed. */
  delete(session: Session): void {
    for (const slot of this.#slots) {
      if (slot.delete(session)) this.#size--;
    }
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  /** Every open one, as of now. */
  all(): Session[] {
    return this.#slots.flatMap((slot) => [...slot]);
  }

  /** Resolves when none is open. */
  empty(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #tick(): void {
    const slot = this.#slots[this.#next++ % this.#slots.length];
    for (const session of slot ?? []) session.ping();
  }
}
