import { type Context, Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { Auth } from "../../auth/auth.ts";
import { MAX_STREAM_ID } from "../bodies/batch_line.ts";
import { quote } from "../../wire/quote.ts";
import { runtime } from "../../runtimes/runtime.ts";
import { clientMarkOf, ownStreamId } from "../../publish/client_stream.ts";
import type { Streams } from "../../streams/streams.ts";
import type { FindSender } from "./publish.ts";

/** Seconds that a producer's heartbeat may wait for the stream's end: less than proxies let a request take. */
const MAX_WAIT = 20;

/** `POST /v1/realtime/stream/keep`, which a quiet producer sends, and `/stream/stop`, which a reader sends. */
export function streamRoutes(
  findSender: FindSender,
  auth: Auth,
  streams: Streams,
): Hono {
  return new Hono()
    .post("/stream/keep", async (c) => {
      const { publisher } = await findSender(c.req.header("authorization"));
      const { channel, topic, streamId } = readStream(c);
      publisher.require(channel, [topic]);
      const wait = readWait(c.req.query("wait"));
      (await runtime()).keepOpen({ request: c.req.raw, env: c.env });
      const id = ownStreamId(publisher, streamId);
      await streams.keep(channel, topic, id, wait * 1000);
      return c.json({ open: true });
    })
    .post("/stream/stop", async (c) => {
      const authorization = c.req.header("authorization");
      const claims = await auth.publisherClaims(authorization, "stop");
      const { channel, topic, streamId } = readStream(c);
      if (claims) auth.require("stop", claims, channel, [topic]);
      const stopped = await streams.stop(channel, topic, streamId);
      return c.json({ stopped });
    });
}

/** Reads which stream a request is about. */
function readStream(
  c: Context,
): { channel: string; topic: string; streamId: string } {
  const { channel = "", topic = "", stream_id: streamId = "" } = c.req.query();
  const { length } = streamId.slice(clientMarkOf(streamId)?.length);
  if (length > 0 && length <= MAX_STREAM_ID) {
    return { channel, topic, streamId };
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
