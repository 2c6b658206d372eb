import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Session } from "./session.ts";

/** The open sessions of a gateway. It spreads their pings over the interval, so that they are never all sent at once. */
export class OpenSessions {
  readonly #slots: Array<Set<Session>>;
  readonly #tickMs: number;
  #size = 0;
  #next = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(pingIntervalMs: number) {
    const count = Math.max(1, Math.min(15, Math.floor(pingIntervalMs / 100)));
    this.#slots = Array.from({ length: count }, () => new Set());
    this.#tickMs = pingIntervalMs / count;
  }

  get size(): number {
    return this.#size;
  }

  add(session: Session): void {
    this.#slots[this.#size++ % this.#slots.length]?.add(session);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs);
  }

  delete(session: Session): void {
    for (const slot of this.#slots) {
      if (slot.delete(session)) this.#size--;
    }
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  all(): Session[] {
    return this.#slots.flatMap((slot) => [...slot]);
  }

  /** Ends the subscriptions whose tokens were revoked; returns how many there were. */
  endRevoked(isRevoked: (claims: TokenClaims) => boolean): number {
    return this.all().reduce(
      (sum, { subscriptions }) => sum + subscriptions.revoke(isRevoked),
      0,
    );
  }

  #tick(): void {
    const slot = this.#slots[this.#next++ % this.#slots.length] ?? [];
    for (const session of slot) session.ping();
  }
}
