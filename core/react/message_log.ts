/**
 * The newest messages of a subscription, each at a position that counts from 0. Readers keep a position; what was
 * dropped before it was read is skipped.
 */
export class MessageLog<M> {
  /**
   * How many messages are kept at least, when there were as many.
   */
  limit = 0;
  #messages: M[] = [];
  #dropped = 0;

  /** The position after the newest message. */
  get end(): number {
    return this.#dropped + this.#messages.length;
  }

  /** Adds a message at the end. */
  append(message: M): void {
    this.#messages.push(message);
    // Not at every message: dropping costs a copy.
    if (this.#messages.length > 2 * this.limit + 16) this.#drop(this.limit);
  }

  /** Forgets the messages, not the positions. */
  clear(): void {
    this.#drop(0);
  }

  /** At most the `limit` newest messages between two positions. */
  between(start: number, end: number, limit = Infinity): M[] {
    const last = end - this.#dropped;
    return this.#messages.slice(
      Math.max(0, start - this.#dropped, last - limit),
      Math.max(0, last),
    );
  }

  #drop(kept: number): void {
    const count = this.#messages.length - Math.min(
      kept,
      this.#messages.length,
    );
    this.#messages = this.#messages.slice(count);
    this.#dropped += count;
  }
}
