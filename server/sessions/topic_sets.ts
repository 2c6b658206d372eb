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
  return a === b || topicsKey(a) === topicsKey(b);
}

/** Returns a text that is the same for all lists of the same topics. */
export function topicsKey(topics: readonly TopicClaim[]): string {
  const names = topics.map(({ channel, name }) =>
    JSON.stringify([channel, name])
  );
  return [...new Set(names)].sort().join();
}
