/** How many messages are kept at most for a component that has not rendered them yet. */
const MAX_UNREAD = 10_000;

/**
 * The newest messages of a subscription, each at a position that counts from 0. Readers keep a position and skip the messages that were
 * dropped before they read them.
 */
export class MessageLog<M> {
  #messages: M[] = [];
  #dropped = 0;

  /** The position after the newest message. */
  get end(): number {
    return this.#dropped + this.#messages.length;
  }

  /**
   * Adds a message, and may drop old ones.
   *
   * @param limit How many of the newest messages to keep.
   * @param unread The position of the first message that a reader has not read yet.
   */
  append(message: M, limit: number, unread: number): void {
    const { length } = this.#messages;
    const kept = Math.max(limit, Math.min(this.end - unread, MAX_UNREAD));
    // Dropping copies the rest: it waits until there is much to drop.
    if (length > 2 * kept + 16) this.#drop(length - kept);
    this.#messages.push(message);
  }

  /** Drops all messages; positions stay valid. */
  clear(): void {
    this.#drop(this.#messages.length);
  }

  /** Returns the newest messages between two positions, at most `limit`. */
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
