import { formatId } from "../../core/protocol/id.ts";
import type { LogSummary } from "../brokers/log_summary.ts";
import type {
  ChannelAnswer,
  ChannelSort,
  LastMessage,
  LogAnswer,
} from "./answers.ts";
import type { ChannelIndex, ChannelPart } from "./exchanges.ts";
import { compareChannels, type ListedChannel } from "./list_order.ts";
import { timeOf } from "./time.ts";

/**
 * Puts together what the gateways and the broker know of some channels.
 *
 * @param summaries The channels' logs, in the order of the names.
 */
export function mergeChannels(
  names: readonly string[],
  parts: readonly ChannelPart[],
  summaries: ReadonlyArray<LogSummary | undefined>,
): ChannelAnswer[] {
  const byName = new Map<string, ChannelPart[]>();
  for (const part of parts) {
    const known = byName.get(part.name);
    if (known) known.push(part);
    else byName.set(part.name, [part]);
  }
  return names.map((name, i) => {
    const own = byName.get(name) ?? [];
    const topics = new Map<string, number>();
    for (const [topic, count] of own.flatMap(({ topics }) => topics)) {
      topics.set(topic, (topics.get(topic) ?? 0) + count);
    }
    const summary = summaries[i];
    return {
      name,
      subscribers: own.reduce((sum, { subscribers }) => sum + subscribers, 0),
      topics: [...topics.keys()].sort()
        .map((name) => ({ name, subscribers: topics.get(name) ?? 0 })),
      rate: own.reduce((sum, { rate }) => addRates(sum, rate), 0),
      log: summary && describeLog(summary),
      last_message: summary && describeLast(summary),
    };
  });
}

/** Puts together the channels of all gateways, in order where one is asked for. */
export function mergeIndexes(
  indexes: readonly ChannelIndex[],
  sort: ChannelSort | undefined,
): readonly ListedChannel[] {
  const [only, ...others] = indexes;
  // It is in order already.
  if (only && others.length === 0) return only.channels;
  const sums = new Map<string, ListedChannel>();
  for (const channel of indexes.flatMap(({ channels }) => channels)) {
    const [name, subscribers, rate] = channel;
    const [, known = 0, knownRate = 0] = sums.get(name) ?? [];
    sums.set(name, [name, known + subscribers, addRates(knownRate, rate)]);
  }
  const channels = [...sums.values()];
  if (sort) channels.sort((a, b) => compareChannels(sort, a, b));
  return channels;
}

/** Adds two rates, which are counted in tenths. */
function addRates(a: number, b: number): number {
  return Math.round((a + b) * 10) / 10;
}

function describeLog(
  { epoch, offset, messages, bytes }: LogSummary,
): LogAnswer {
  return { messages, bytes, position: formatId(epoch, offset) };
}

function describeLast({ last }: LogSummary): LastMessage | undefined {
  if (!last) return undefined;
  const { epoch, offset, topic, kind, at } = last;
  const id = formatId(epoch, offset);
  return { id, topic, kind, created_at: timeOf(at) };
}
