import { type Context, Hono } from "@hono/hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { readText } from "../body.ts";
import { createEnvelope, type Envelope } from "../../wire/envelope.ts";
import { dataOfBody, parseJson } from "../../wire/json_text.ts";
import { type MessagePublisher, tooLarge } from "../../publish/publisher.ts";
import { publishBatch } from "../../publish/batch.ts";
import { publishTee, publishText } from "../../publish/text_stream.ts";
import { runtime } from "../../runtimes/runtime.ts";
import type { GatewayParts } from "../context.ts";

/** Bytes of a batch: many messages, or a few of the largest. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** What publishes for who sent a request. */
export async function publisherOf(
  { auth, publisherFor }: GatewayParts,
  c: Context,
): Promise<MessagePublisher> {
  return publisherFor(
    await auth.publisherClaims(c.req.header("authorization")),
  );
}

/** `POST /v1/realtime/publish`, `/publish/batch` and `/publish/tee`. */
export function publishRoutes(parts: GatewayParts): Hono {
  const { streams } = parts;
  const app = new Hono();

  app.post("/publish", async (c) => {
    const publisher = await publisherOf(parts, c);
    const { envelope, topics } = readRequest(c);
    publisher.require(envelope.channel, topics);
    if (isStream(c.req.header("content-type"))) {
      const patienceMs = readLease(c.req.query("lease"));
      (await runtime()).keepOpen(c);
      const { body } = c.req.raw;
      const { ids, streamId, isStopped } = await publishText(
        { publisher, streams },
        envelope,
        topics,
        body,
        patienceMs,
      );
      // What was not read of the body stands in the way of the connection's next request.
      if (isStopped) c.header("connection", "close");
      const stopped = isStopped ? { stopped: true } : {};
      return c.json({ id: ids[0], ids, stream_id: streamId, ...stopped });
    }
    const limit = publisher.maxMessageBytes;
    const text = await readText(
      c,
      limit,
      () => tooLarge(envelope.channel, limit),
    );
    const data = dataOfBody(text);
    const key = c.req.header("idempotency-key");
    const ids = await publisher.publish(envelope, topics, data, key);
    return c.json({ id: ids[0], ids });
  });

  app.post("/publish/batch", async (c) => {
    const publisher = await publisherOf(parts, c);
    const text = await readText(c, BATCH_BYTES, () =>
      new RealtimeError(
        "too_large",
        `Cannot publish the batch: it is larger than ${BATCH_BYTES / 1024} KiB`,
      ));
    const lines = await publishBatch(publisher, streams, text);
    return c.body(lines.map((line) => line + "\n").join(""), 200, {
      "content-type": "application/x-ndjson",
    });
  });

  app.post("/publish/tee", async (c) => {
    const publisher = await publisherOf(parts, c);
    const channel = c.req.query("channel") ?? "";
    publisher.require(channel, ["$stream"]);
    const ids = await publishTee(publisher, channel, c.req.raw.body);
    return c.json({ id: ids[0], ids });
  });

  return app;
}

function isStream(contentType = ""): boolean {
  return contentType.split(";")[0]?.trim().toLowerCase() === "text/stream";
}

/** The longest lease that a body may ask for, in seconds: a day. */
const MAX_LEASE = 24 * 3600;

/** Milliseconds of a `lease` in seconds. */
function readLease(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_LEASE) return Math.ceil(seconds * 1000);
  throw new RealtimeError(
    "invalid_argument",
    `Cannot publish the stream: "lease" must be seconds, more than 0 and at most ${MAX_LEASE}`,
  );
}

function readRequest(
  c: Context,
): { envelope: Envelope; topics: readonly string[] } {
  const channel = c.req.query("channel") ?? "";
  const topics = c.req.queries("topic") ?? [];
  // An empty parameter counts as absent.
  const field = (name: string): string | undefined =>
    c.req.query(name) || undefined;
  const metadata = field("metadata");
  const envelope = createEnvelope(channel, {
    run_id: field("run_id"),
    fn_id: field("fn_id"),
    fn_slug: field("fn_slug"),
    env_id: field("env_id"),
    reply_topic: field("reply_topic"),
    reply_to: field("reply_to"),
    metadata: metadata && parseJson(metadata, '"metadata"'),
  });
  return { envelope, topics };
}
