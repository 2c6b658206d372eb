import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { formatId } from "../../../core/protocol/id.ts";
import type { Auth } from "../../auth/auth.ts";
import type { Feed } from "../../fan_out/feed.ts";
import type { Hub } from "../../fan_out/hub.ts";
import { quote } from "../../wire/quote.ts";
import { clientMarkOf } from "../../publish/client_stream.ts";
import { readableTopics } from "../readable_topics.ts";

const VERB = "Cannot list the streams of";

/** `GET /v1/realtime/streams`: lists the open data streams of some topics, for readers that come back. */
export function openStreamsRoutes(auth: Auth, hub: Hub): Hono {
  return new Hono().get("/streams", async (c) => {
    const { channel, topics, claims } = await readableTopics(auth, c, VERB);
    const feed = await hub.hold(channel);
    let all: readonly ListedStream[];
    try {
      all = await openStreams(hub, feed);
    } finally {
      hub.release(feed);
    }
    // The token may have been revoked while the log was read.
    if (claims) auth.revocations.require(claims);
    const streams = all.filter(({ topic }) => topics?.has(topic) ?? true);
    return c.json({ streams });
  });
}

/** An open data stream, as the response has it. */
interface ListedStream {
  readonly stream_id: string;
  readonly topic: string;
  /** Present if a client publishes it, and not the app. */
  readonly client?: true;
  /** The id of its start; absent where the log no longer has it. */
  readonly id?: string;
}

/** Returns a channel's open streams, the oldest first. */
async function openStreams(hub: Hub, feed: Feed): Promise<ListedStream[]> {
  const { channel } = feed;
  const isCurrent = await feed.isCurrent();
  const { epoch, first } = await hub.broker.read(channel, 0, 1, 1);
  // A stream that began a moment ago at another gateway must not be missing.
  if (!isCurrent || epoch !== feed.epoch) {
    const message = `${VERB} ${
      quote(channel)
    }: the gateway doesn't have all of its messages yet`;
    throw new RealtimeError("unavailable", message);
  }
  return [...feed.openStreams.values()]
    .sort((a, b) => a.offset - b.offset)
    .map(({ streamId, topic, offset }) => ({
      stream_id: streamId,
      topic,
      ...clientMarkOf(streamId) === undefined ? {} : { client: true },
      ...offset >= first ? { id: formatId(epoch, offset) } : {},
    }));
}
