/** How many messages are kept at most for a component that has not been rendered with them yet. */
const MAX_UNREAD = 10_000;

/**
 * The newest messages of a subscription, each at a position that counts from 0. Readers keep a position; what was
 * dropped before it was read is skipped.
 */
export class MessageLog<M> {
  #messages: M[] = [];
  #dropped = 0;

  /** The position after the newest message. */
  get end(): number {
    return this.#dropped + this.#messages.length;
  }

  /**
   * Adds a message at the end, and may drop old ones.
   *
   * @param limit How many of the newest messages are wanted.
   * @param unread The first message that a reader has still to read.
   */
  append(message: M, limit: number, unread: number): void {
    const { length } = this.#messages;
    const kept = Math.max(limit, Math.min(this.end - unread, MAX_UNREAD));
    // Not at every message: dropping costs a copy.
    if (length > 2 * kept + 16) this.#drop(length - kept);
    this.#messages.push(message);
  }

  /** Forgets the messages, not the positions. */
  clear(): void {
    this.#drop(this.#messages.length);
  }

  /** At most the `limit` newest messages between two positions. */
  between(start: number, end: number, limit = Infinity): M[] {
    const last = end - this.#dropped;
    return this.#messages.slice(
      Math.max(0, start - this.#dropped, last - limit),
      Math.max(0, last),
    );
  }

  #drop(count: number): void {
    this.#messages.splice(0, count);
    this.#dropped += count;
  }
}
