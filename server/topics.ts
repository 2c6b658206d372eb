import type { TopicClaim } from "../core/token.ts";

/** Topics by their channel. */
export type TopicsByChannel = ReadonlyMap<string, ReadonlySet<string>>;

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
export function sameTopics(a: TopicsByChannel, b: TopicsByChannel): boolean {
  return a.size === b.size && [...a].every(([channel, topics]) => {
    const others = b.get(channel);
    return others?.size === topics.size &&
      [...topics].every((topic) => others.has(topic));
  });
}

/** The first, without what is in the second. */
export function withoutTopics(
  topics: TopicsByChannel,
  gone: TopicsByChannel,
): TopicsByChannel {
  const all = new Map<string, Set<string>>();
  for (const [channel, names] of topics) {
    const left = new Set(names);
    for (const name of gone.get(channel) ?? []) left.delete(name);
    if (left.size > 0) all.set(channel, left);
  }
  return all;
}

/** How many different topics there are. */
export function countTopics(topics: readonly TopicClaim[]): number {
  return [...byChannel(topics).values()]
    .reduce((sum, names) => sum + names.size, 0);
}
