import { type Context, Hono } from "@hono/hono";
import { bodyLimit } from "@hono/hono/body-limit";
import { RealtimeError } from "../../core/errors.ts";
import type { PublishGrant } from "../auth.ts";
import type { Envelope } from "../envelope.ts";
import { dataOfBody, decodeUtf8, parseJson } from "../json.ts";
import { quote, tooLarge } from "../publisher.ts";
import { publishBatch } from "../publish_batch.ts";
import { publishTee, publishText } from "../publish_stream.ts";
import type { GatewayParts } from "./context.ts";

/** Bytes of a batch: many messages, or a few of the largest. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** `POST /v1/realtime/publish`, `/publish/batch` and `/publish/tee`. */
export function publishRoutes(parts: GatewayParts): Hono {
  const { publisher } = parts;
  const app = new Hono();

  function limit(maxSize: number) {
    return bodyLimit({
      maxSize,
      onError: (c) => {
        throw tooLarge(c.req.query("channel") ?? "", maxSize);
      },
    });
  }
  const messageLimit = limit(publisher.maxMessageBytes);

  app.post("/publish", async (c, next) => {
    if (!isStream(c.req.header("content-type"))) return messageLimit(c, next);
    const { envelope, topics } = await readRequest(parts, c);
    const ids = await publishText(publisher, envelope, topics, c.req.raw.body);
    return c.json({
      id: ids[0]?.id,
      ids: ids.map(({ id }) => id),
      stream_id: ids[0]?.streamId,
    });
  }, async (c) => {
    const { envelope, topics } = await readRequest(parts, c);
    const data = dataOfBody(decodeUtf8(await c.req.arrayBuffer()));
    const key = c.req.header("idempotency-key");
    const ids = await publisher.publish(envelope, topics, data, key);
    return c.json({ id: ids[0], ids });
  });

  app.post("/publish/batch", limit(BATCH_BYTES), async (c) => {
    const grant = await parts.auth.publishGrant(c.req.header("authorization"));
    const text = decodeUtf8(await c.req.arrayBuffer());
    const lines = await publishBatch(publisher, grant, text);
    return c.body(lines.map((line) => line + "\n").join(""), 200, {
      "content-type": "application/x-ndjson",
    });
  });

  app.post("/publish/tee", async (c) => {
    const channel = c.req.query("channel") ?? "";
    const grant = await parts.auth.publishGrant(c.req.header("authorization"));
    requireGrant(grant, channel, "$stream");
    const ids = await publishTee(publisher, channel, c.req.raw.body);
    return c.json({ id: ids[0], ids });
  });

  return app;
}

function isStream(contentType = ""): boolean {
  return contentType.split(";")[0]?.trim().toLowerCase() === "text/stream";
}

async function readRequest(
  parts: GatewayParts,
  c: Context,
): Promise<{ envelope: Omit<Envelope, "topic">; topics: readonly string[] }> {
  const grant = await parts.auth.publishGrant(c.req.header("authorization"));
  const channel = c.req.query("channel") ?? "";
  const topics = c.req.queries("topic") ?? [];
  for (const topic of topics) requireGrant(grant, channel, topic);
  const metadata = c.req.query("metadata");
  const envelope: Omit<Envelope, "topic"> = {
    channel,
    ...optional("runId", c.req.query("run_id")),
    ...optional("fnId", c.req.query("fn_id")),
    ...optional("fnSlug", c.req.query("fn_slug")),
    ...optional("envId", c.req.query("env_id")),
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

/** @throws {RealtimeError} `forbidden`. */
export function requireGrant(
  grant: PublishGrant,
  channel: string,
  topic: string,
): void {
  if (grant(channel, topic)) return;
  throw new RealtimeError(
    "forbidden",
    `Cannot publish to ${quote(channel)}: the token doesn't grant topic ${
      quote(topic)
    }`,
  );
}
