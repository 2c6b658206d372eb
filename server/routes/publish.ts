import { type Context, Hono } from "@hono/hono";
import { RealtimeError } from "../../core/errors.ts";
import { readText } from "../body.ts";
import type { Envelope } from "../envelope.ts";
import { dataOfBody, parseJson } from "../json.ts";
import { type MessagePublisher, tooLarge } from "../publisher.ts";
import { publishBatch } from "../publish_batch.ts";
import { publishTee, publishText } from "../publish_stream.ts";
import type { GatewayParts } from "./context.ts";

/** Bytes of a batch: many messages, or a few of the largest. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** `POST /v1/realtime/publish`, `/publish/batch` and `/publish/tee`. */
export function publishRoutes(parts: GatewayParts): Hono {
  const app = new Hono();

  /** What publishes for who sent the request. */
  async function publisherOf(c: Context): Promise<MessagePublisher> {
    return parts.publisherFor(
      await parts.auth.publisherClaims(c.req.header("authorization")),
    );
  }

  app.post("/publish", async (c) => {
    const publisher = await publisherOf(c);
    const { envelope, topics } = readRequest(c);
    publisher.require(envelope.channel, topics);
    if (isStream(c.req.header("content-type"))) {
      const { body } = c.req.raw;
      const starts = await publishText(publisher, envelope, topics, body);
      const ids = starts.map(({ id }) => id);
      return c.json({ id: ids[0], ids, stream_id: starts[0]?.streamId });
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
    const publisher = await publisherOf(c);
    const text = await readText(c, BATCH_BYTES, () =>
      new RealtimeError(
        "too_large",
        `Cannot publish the batch: it is larger than ${BATCH_BYTES / 1024} KiB`,
      ));
    const lines = await publishBatch(publisher, text);
    return c.body(lines.map((line) => line + "\n").join(""), 200, {
      "content-type": "application/x-ndjson",
    });
  });

  app.post("/publish/tee", async (c) => {
    const publisher = await publisherOf(c);
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

function readRequest(
  c: Context,
): { envelope: Omit<Envelope, "topic">; topics: readonly string[] } {
  const channel = c.req.query("channel") ?? "";
  const topics = c.req.queries("topic") ?? [];
  const metadata = c.req.query("metadata");
  const envelope: Omit<Envelope, "topic"> = {
    channel,
    ...optional("runId", c.req.query("run_id")),
    ...optional("fnId", c.req.query("fn_id")),
    ...optional("fnSlug", c.req.query("fn_slug")),
    ...optional("envId", c.req.query("env_id")),
    ...optional("replyTopic", c.req.query("reply_topic")),
    ...optional("replyTo", c.req.query("reply_to")),
    ...optional(
      "metadata",
      metadata && JSON.stringify(parseJson(metadata, '"metadata"')),
    ),
  };
  return { envelope, topics };
}

function optional<K extends string>(
  name: K,
  value: string | undefined,
): Partial<Record<K, string>> {
  const field: Partial<Record<K, string>> = {};
  if (value) field[name] = value;
  return field;
}
