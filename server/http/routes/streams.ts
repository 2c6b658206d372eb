import { type Context, Hono } from "@hono/hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { MAX_STREAM_ID } from "../../publish/batch.ts";
import { quote } from "../../publish/publisher.ts";
import { runtime } from "../../runtimes/runtime.ts";
import type { GatewayParts } from "../context.ts";
import { publisherOf } from "./publish.ts";

/** Seconds that a producer's sign of life may wait for the stream's end: below what proxies let a request take. */
const MAX_WAIT = 20;

/** `POST /v1/realtime/stream/keep`, by a quiet producer, and `/stream/stop`, by a reader. */
export function streamRoutes(parts: GatewayParts): Hono {
  const { streams } = parts;
  return new Hono()
    .post("/stream/keep", async (c) => {
      const { channel, topic, streamId } = await readStream(parts, c);
      const wait = readWait(c.req.query("wait"));
      (await runtime()).keepOpen(c);
      await streams.keep(channel, topic, streamId, wait * 1000);
      return c.json({ open: true });
    })
    .post("/stream/stop", async (c) => {
      const { channel, topic, streamId } = await readStream(parts, c);
      const stopped = await streams.stop(channel, topic, streamId);
      return c.json({ stopped });
    });
}

/** The stream that a request is about, which its token must grant to publish to. */
async function readStream(
  parts: GatewayParts,
  c: Context,
): Promise<{ channel: string; topic: string; streamId: string }> {
  const publisher = await publisherOf(parts, c);
  const { channel = "", topic = "", stream_id: streamId = "" } = c.req.query();
  publisher.require(channel, [topic]);
  if (streamId !== "" && streamId.length <= MAX_STREAM_ID) {
    return { channel, topic, streamId };
  }
  throw new RealtimeError(
    "invalid_argument",
    `Cannot find the stream of ${
      quote(channel)
    }: "stream_id" must have 1 to ${MAX_STREAM_ID} characters`,
  );
}

function readWait(text = "0"): number {
  const wait = Number(text);
  if (wait >= 0) return Math.min(wait, MAX_WAIT);
  throw new RealtimeError(
    "invalid_argument",
    'Cannot keep the stream: "wait" must be seconds, 0 or more',
  );
}
