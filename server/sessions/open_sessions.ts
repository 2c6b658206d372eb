import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Session } from "./session.ts";

/** Sessions that are pinged together. */
class Slot {
  readonly sessions = new Set<Session>();
  /** When they were last pinged, in milliseconds since 1970. */
  pingedAt = 0;
}

/** The open sessions of a gateway. It spreads their pings over the interval, so that they are never all sent at once. */
export class OpenSessions {
  readonly #slots: readonly Slot[];
  readonly #tickMs: number;
  #size = 0;
  #next = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(pingIntervalMs: number) {
    const count = Math.max(1, Math.min(15, Math.floor(pingIntervalMs / 100)));
    this.#slots = Array.from({ length: count }, () => new Slot());
    this.#tickMs = pingIntervalMs / count;
  }

  get size(): number {
    return this.#size;
  }

  add(session: Session): void {
    this.#slots[this.#size++ % this.#slots.length]?.sessions.add(session);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs);
  }

  delete(session: Session): void {
    for (const { sessions } of this.#slots) {
      if (sessions.delete(session)) this.#size--;
    }
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  all(): Session[] {
    return this.#slots.flatMap(({ sessions }) => [...sessions]);
  }

  /** Finds a session by its id. */
  find(id: string): Session | undefined {
    return this.all().find((session) => session.id === id);
  }

  /** Returns when a session was last pinged, in milliseconds since 1970; `undefined` before the first ping. */
  pingedAt(session: Session): number | undefined {
    const slot = this.#slots.find(({ sessions }) => sessions.has(session));
    return slot && slot.pingedAt > session.facts.since
      ? slot.pingedAt
      : undefined;
  }

  /** Ends the subscriptions whose tokens were revoked; returns how many there were. */
  endRevoked(isRevoked: (claims: TokenClaims) => boolean): number {
    return this.all().reduce(
      (sum, { subscriptions }) => sum + subscriptions.revoke(isRevoked),
      0,
    );
  }

  #tick(): void {
    const slot = this.#slots[this.#next++ % this.#slots.length];
    if (!slot) return;
    slot.pingedAt = Date.now();
    for (const session of slot.sessions) session.ping();
  }
}
