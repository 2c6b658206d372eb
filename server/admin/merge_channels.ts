import { formatId } from "../../core/protocol/id.ts";
import type { LogSummary } from "../brokers/log_summary.ts";
import type { ChannelAnswer, LastMessage, LogAnswer } from "./answers.ts";
import type { ChannelPart } from "./exchanges.ts";
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

/** Adds two rates, which are counted in tenths. */
export function addRates(a: number, b: number): number {
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
