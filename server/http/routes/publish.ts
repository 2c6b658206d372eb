import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { publishBatch } from "../../publish/batch.ts";
import {
  type MessagePublisher,
  REQUEST_BYTES,
  tooLarge,
} from "../../publish/publisher.ts";
import type { PublishRate } from "../../publish/publish_rates.ts";
import { publishTee, publishText } from "../../publish/text_stream.ts";
import { traced } from "../../publish/traced_publisher.ts";
import { FetchHead } from "../../runtimes/request_head.ts";
import { runtime } from "../../runtimes/runtime.ts";
import type { Streams } from "../../streams/streams.ts";
import { toResponse } from "../answer.ts";
import { readBytes, readText } from "../body.ts";
import { statusOf } from "../error_response.ts";
import type { Failures } from "../failures.ts";
import type { PublishAddresses } from "../publish_address.ts";
import { isStream, publishBody } from "../publish_message.ts";
import { traceOf } from "../trace_header.ts";

/** The longest lease that a stream may ask for, in seconds: a day. */
const MAX_LEASE = 24 * 3600;

/** Finds the publisher for the sender of a request, by its `Authorization` header; throws what `Auth.publisherClaims` throws. */
export type FindPublisher = (
  authorization: string | undefined,
) => Promise<MessagePublisher>;

/** The sender of a request to publish. */
export interface Sender {
  readonly publisher: MessagePublisher;
  readonly rate: PublishRate;
}

/** Finds the sender of a request, as {@linkcode FindPublisher} does. */
export type FindSender = (authorization: string | undefined) => Promise<Sender>;

/** `POST /v1/realtime/publish`, `/publish/batch` and `/publish/tee`. */
export function publishRoutes(
  findSender: FindSender,
  addresses: PublishAddresses,
  streams: Streams,
  failures: Failures,
): Hono {
  const app = new Hono();

  app.post("/publish", async (c) => {
    const request = c.req.raw;
    const head = new FetchHead(request);
    const authorization = head.header("authorization");
    const { publisher, rate } = await findSender(authorization);
    const address = addresses.read(head.target);
    const { envelope, topics } = address;
    publisher.require(envelope.channel, topics);
    rate.spend(topics.length);
    if (isStream(head)) {
      const patienceMs = readLease(address.lease);
      (await runtime()).keepOpen({ request, env: c.env });
      const { ids, streamId, isStopped } = await publishText(
        {
          publisher: traced(publisher, traceOf(head)),
          streams,
          patienceMs,
          rate,
        },
        envelope,
        topics,
        request.body,
      );
      // The unread rest of the body would stand before the connection's next request.
      if (isStopped) c.header("connection", "close");
      const stopped = isStopped ? { stopped: true } : {};
      return c.json({ id: ids[0], ids, stream_id: streamId, ...stopped });
    }
    const limit = publisher.maxMessageBytes;
    const error = () => tooLarge(envelope.channel, limit);
    const body = await readBytes(request, limit, error);
    return toResponse(await publishBody(publisher, head, address, body));
  });

  app.post("/publish/batch", async (c) => {
    const { publisher, rate } = await findSender(
      c.req.header("authorization"),
    );
    const subject = "Cannot publish the batch: it";
    const text = await readText(c.req.raw, REQUEST_BYTES, subject);
    const head = new FetchHead(c.req.raw, c.env);
    const lines = await publishBatch(
      traced(publisher, traceOf(head)),
      streams,
      rate,
      text,
      (error) => failures.refused(head, statusOf(error), error),
    );
    return c.body(lines.map((line) => line + "\n").join(""), 200, {
      "content-type": "application/x-ndjson",
    });
  });

  app.post("/publish/tee", async (c) => {
    const { publisher, rate } = await findSender(
      c.req.header("authorization"),
    );
    const channel = c.req.query("channel") ?? "";
    publisher.require(channel, ["$stream"]);
    rate.spend(1);
    const request = c.req.raw;
    (await runtime()).keepOpen({ request, env: c.env });
    const { leaseMs: patienceMs } = streams;
    const all = traced(publisher, traceOf(c.req));
    const options = { publisher: all, rate, patienceMs };
    const ids = await publishTee(options, channel, request.body);
    return c.json({ id: ids[0], ids });
  });

  return app;
}

/** Reads a lease in seconds; returns milliseconds. */
function readLease(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_LEASE) return Math.ceil(seconds * 1000);
  throw new RealtimeError(
    "invalid_argument",
    `Cannot publish the stream: "lease" must be a number of seconds above 0, at most ${MAX_LEASE}`,
  );
}
