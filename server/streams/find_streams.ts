import { formatId } from "../../core/protocol/id.ts";
import type { Broker } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";
import { readEnd, type StreamEnd } from "./stream_end.ts";
import {
  producerOf,
  showsState,
  streamTopicOf,
} from "../wire/stream_message.ts";

/** The part of a data stream that a channel's log holds. */
export interface FoundStream {
  readonly topics: Set<string>;
  /** The id of its start, if the log has it. */
  start?: string;
  /** The producer that its start names. */
  producer?: string | undefined;
  end?: StreamEnd;
}

/** Finds the data streams of which a channel's log has anything, by their ids. */
export async function findStreams(
  broker: Broker,
  channel: string,
): Promise<Map<string, FoundStream>> {
  const streams = new Map<string, FoundStream>();
  const anyLog = { epoch: "", offset: 0 };
  for await (const page of logPages(broker, channel, anyLog)) {
    for (const { kind, topic, json, offset, streamId } of page.entries) {
      if (streamId === undefined || !showsState(kind, topic)) continue;
      const stream = streams.get(streamId) ?? { topics: new Set() };
      // Only the first end counts, and nothing after it.
      if (stream.end) continue;
      streams.set(streamId, stream);
      const { topics, start } = stream;
      topics.add(streamTopicOf(topic, json));
      const id = formatId(page.epoch, offset);
      if (kind === "datastream-start") stream.start = id;
      stream.producer ??= producerOf(kind, json);
      if (kind === "datastream-end") {
        stream.end = { ...readEnd(json), id, topics, start };
      }
    }
  }
  return streams;
}
