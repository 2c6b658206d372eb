import { type Context, Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { MAX_STREAM_ID } from "../../publish/batch_line.ts";
import { quote } from "../../publish/publisher.ts";
import { runtime } from "../../runtimes/runtime.ts";
import type { Streams } from "../../streams/streams.ts";
import type { FindPublisher } from "./publish.ts";

/** Seconds that a producer's heartbeat may wait for the stream's end: less than proxies let a request take. */
const MAX_WAIT = 20;

/** `POST /v1/realtime/stream/keep`, which a quiet producer sends, and `/stream/stop`, which a reader sends. */
export function streamRoutes(
  findPublisher: FindPublisher,
  streams: Streams,
): Hono {
  return new Hono()
    .post("/stream/keep", async (c) => {
      const { client, channel, topic, streamId } = await readStream(
        findPublisher,
        c,
      );
      const wait = readWait(c.req.query("wait"));
      (await runtime()).keepOpen({ request: c.req.raw, env: c.env });
      await streams.keep(client, channel, topic, streamId, wait * 1000);
      return c.json({ open: true });
    })
    .post("/stream/stop", async (c) => {
      const { channel, topic, streamId } = await readStream(findPublisher, c);
      const stopped = await streams.stop(channel, topic, streamId);
      return c.json({ stopped });
    });
}

/** Reads which stream a request is about; its sender must be allowed to publish there. */
async function readStream(
  findPublisher: FindPublisher,
  c: Context,
): Promise<
  {
    client: string | undefined;
    channel: string;
    topic: string;
    streamId: string;
  }
> {
  const publisher = await findPublisher(c.req.header("authorization"));
  const { channel = "", topic = "", stream_id: streamId = "" } = c.req.query();
  publisher.require(channel, [topic]);
  if (streamId !== "" && streamId.length <= MAX_STREAM_ID) {
    const { client } = publisher;
    return { client, channel, topic, streamId };
  }
  const problem = `"stream_id" must have 1 to ${MAX_STREAM_ID} characters`;
  const message = `Cannot find the stream of ${quote(channel)}: ${problem}`;
  throw new RealtimeError("invalid_argument", message);
}

function readWait(text = "0"): number {
  const wait = Number(text);
  if (wait >= 0) return Math.min(wait, MAX_WAIT);
  throw new RealtimeError(
    "invalid_argument",
    'Cannot keep the stream: "wait" must be seconds, 0 or more',
  );
}
