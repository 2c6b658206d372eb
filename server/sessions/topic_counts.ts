import type { TopicClaim } from "../../core/protocol/token.ts";

/** How many grants of a connection have each topic. No operation costs more when there are more grants. */
export class TopicCounts {
  readonly #channels = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(topics: Iterable<TopicClaim> = []) {
    this.add(topics);
  }

  /** How many different topics there are. */
  get size(): number {
    return this.#size;
  }

  has({ channel, name }: TopicClaim): boolean {
    return this.#channels.get(channel)?.has(name) ?? false;
  }

  hasChannel(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Returns the size with the topics of one more grant, in place of those of another one. */
  sizeWith(
    topics: readonly TopicClaim[],
    replaced: readonly TopicClaim[] = [],
  ): number {
    this.remove(replaced);
    this.add(topics);
    const size = this.#size;
    this.remove(topics);
    this.add(replaced);
    return size;
  }

  /** Counts the topics of a grant. */
  add(topics: Iterable<TopicClaim>): void {
    for (const { channel, name } of topics) {
      const names = this.#channels.get(channel) ?? new Map<string, number>();
      this.#channels.set(channel, names);
      const count = names.get(name) ?? 0;
      if (count === 0) this.#size++;
      names.set(name, count + 1);
    }
  }

  /** Removes the topics of a grant; returns those that no grant has any more. */
  remove(topics: Iterable<TopicClaim>): TopicClaim[] {
    const gone: TopicClaim[] = [];
    for (const topic of topics) {
      const { channel, name } = topic;
      const names = this.#channels.get(channel);
      const count = names?.get(name);
      if (!names || count === undefined) continue;
      if (count > 1) {
        names.set(name, count - 1);
        continue;
      }
      names.delete(name);
      if (names.size === 0) this.#channels.delete(channel);
      this.#size--;
      gone.push(topic);
    }
    return gone;
  }
}
