import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Broker } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";
import { readEnd, type StreamEnd } from "./stream_end.ts";
import { showsState, streamTopicOf } from "./stream_message.ts";

/** The part of a data stream that a channel's log holds. */
export interface FoundStream {
  readonly topics: ReadonlySet<string>;
  /** The id of its start, if the log has it. */
  readonly start?: string;
  readonly end?: StreamEnd;
}

/**
 * Finds a data stream in a channel's log.
 *
 * @param after The position after which to search; an empty `epoch` stands for whichever log there is.
 * @returns `undefined` where the log has nothing of the stream.
 */
export async function findStream(
  broker: Broker,
  channel: string,
  streamId: string,
  after: Position = { epoch: "", offset: 0 },
): Promise<FoundStream | undefined> {
  const topics = new Set<string>();
  let start: string | undefined;
  for await (const page of logPages(broker, channel, after)) {
    for (const { kind, topic, json, offset, streamId: id } of page.entries) {
      if (id !== streamId || !showsState(kind, topic)) continue;
      topics.add(streamTopicOf(topic, json));
      const here = formatId(page.epoch, offset);
      if (kind === "datastream-start") start = here;
      if (kind === "datastream-end") {
        return { topics, end: { ...readEnd(json), id: here, topics, start } };
      }
    }
  }
  return topics.size === 0 ? undefined : { topics, start };
}
