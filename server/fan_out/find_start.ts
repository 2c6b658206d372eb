import type { ReadyChannel } from "../../core/protocol/frames.ts";
import { formatId, type Position } from "../../core/protocol/id.ts";
import type {
  Broker,
  ChannelState,
  LogPage,
  OpenStream,
} from "../brokers/broker.ts";
import type { ChannelSince } from "../wire/since.ts";
import type { Feed } from "./feed.ts";

/** Messages that can't be delivered: those between the two ids. */
export interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The point at which the subscription of a channel starts. */
export interface Start {
  readonly ready: ReadyChannel;
  /** Stands after `ready` and before the first message. */
  readonly gap?: Gap;
  /** The epoch of the log that `after` belongs to. */
  readonly epoch: string;
  /** The offset after which all messages of the topics are delivered. Earlier ones, later than `ready.position`, belong to `streams`. */
  readonly after: number;
  /** Data streams that were open then. Each is delivered from its beginning. */
  readonly streams: readonly OpenStream[];
}

/** Finds the point at which a subscription of some topics starts. `mark` is what "now" stands for, where that was a moment ago. */
export async function findStart(
  broker: Broker,
  feed: Feed,
  topics: ReadonlySet<string>,
  since: ChannelSince,
  mark: ChannelState | undefined,
  reader: string | undefined,
): Promise<Start> {
  const { channel } = feed;
  const look = () => broker.read(channel, 0, 1, 1, { reader });
  switch (since.from) {
    case "live":
      return await startLive(look, feed, topics, mark);
    case "start": {
      const { epoch, first } = await look();
      return startAfter(channel, topics, { epoch, offset: first - 1 });
    }
    case "last": {
      const position = await broker.before(
        channel,
        topics,
        since.count,
        reader,
      );
      return startAfter(channel, topics, position);
    }
    case "id":
      return resume(await look(), channel, topics, since.position);
  }
}

/** Returns a start after a position. */
export function startAfter(
  channel: string,
  topics: ReadonlySet<string>,
  { epoch, offset }: Position,
): Start {
  const position = formatId(epoch, offset);
  const ready = { channel, topics: [...topics], position };
  return { ready, epoch, after: offset, streams: [] };
}

async function startLive(
  look: () => Promise<LogPage>,
  feed: Feed,
  topics: ReadonlySet<string>,
  mark: ChannelState | undefined,
): Promise<Start> {
  const { channel } = feed;
  const ofTopics = (streams: Iterable<OpenStream>): OpenStream[] =>
    [...streams].filter(({ topic }) => topics.has(topic));
  const { first } = ofTopics(feed.openStreams.values()).length > 0
    ? await look()
    : { first: 0 };
  const isMarked = mark?.epoch === feed.epoch;
  const after = isMarked ? mark.offset : feed.top;
  const open = isMarked ? mark.openStreams : feed.openStreams.values();
  // Of the others the log no longer has the beginning.
  const streams = ofTopics(open).filter(({ offset }) => offset >= first);
  const before = streams.map(({ offset }) => offset - 1);
  const offset = before.reduce((a, b) => Math.min(a, b), after);
  const start = startAfter(channel, topics, { epoch: feed.epoch, offset });
  return { ...start, after, streams };
}

function resume(
  { epoch, first, top }: LogPage,
  channel: string,
  topics: ReadonlySet<string>,
  since: Position,
): Start {
  const isSameLog = since.epoch === epoch;
  if (isSameLog && since.offset + 1 >= first && since.offset <= top) {
    const start = startAfter(channel, topics, since);
    return { ...start, ready: { ...start.ready, recovered: true } };
  }
  // The log never had this position, or no longer has it: a gap, then the messages that the log has.
  const offset = isSameLog && since.offset > top ? top : first - 1;
  const start = startAfter(channel, topics, { epoch, offset });
  const after = formatId(since.epoch, since.offset);
  const gap = { after, before: formatId(epoch, offset + 1) };
  return { ...start, ready: { ...start.ready, recovered: false }, gap };
}
