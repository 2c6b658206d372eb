import type { TopicClaim } from "../../core/protocol/token.ts";

/** Groups topics by channel. The channels keep their order. */
export function byChannel(
  topics: readonly TopicClaim[],
): Map<string, Set<string>> {
  const channels = new Map<string, Set<string>>();
  for (const { channel, name } of topics) {
    const names = channels.get(channel);
    if (names) names.add(name);
    else channels.set(channel, new Set([name]));
  }
  return channels;
}

/** Tells whether two lists have the same topics. */
export function sameTopics(
  a: readonly TopicClaim[],
  b: readonly TopicClaim[],
): boolean {
  const all = countTopics([...a, ...b]);
  return countTopics(a) === all && countTopics(b) === all;
}

/** Returns the topics that are not in the second list. */
export function withoutTopics(
  topics: readonly TopicClaim[],
  removed: readonly TopicClaim[],
): TopicClaim[] {
  const names = byChannel(removed);
  return topics.filter(({ channel, name }) => !names.get(channel)?.has(name));
}

/** Counts the different topics of a list. */
export function countTopics(topics: readonly TopicClaim[]): number {
  return [...byChannel(topics).values()]
    .reduce((sum, names) => sum + names.size, 0);
}
