import type { TopicClaim } from "../../core/protocol/token.ts";

/** Sorts topics by their channel, in the order in which channels come. */
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

/** Whether both name the same topics. */
export function sameTopics(
  a: readonly TopicClaim[],
  b: readonly TopicClaim[],
): boolean {
  const all = countTopics([...a, ...b]);
  return countTopics(a) === all && countTopics(b) === all;
}

/** The first, without what is in the second. */
export function withoutTopics(
  topics: readonly TopicClaim[],
  gone: readonly TopicClaim[],
): TopicClaim[] {
  const names = byChannel(gone);
  return topics.filter(({ channel, name }) => !names.get(channel)?.has(name));
}

/** How many different topics there are. */
export function countTopics(topics: readonly TopicClaim[]): number {
  return [...byChannel(topics).values()]
    .reduce((sum, names) => sum + names.size, 0);
}
