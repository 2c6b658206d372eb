import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { REQUEST_BYTES, tooLarge } from "../../publish/publisher.ts";
import { publishTee, publishText } from "../bodies/text_stream.ts";
import { traced } from "../../publish/traced_publisher.ts";
import { FetchHead } from "../../runtimes/request_head.ts";
import { runtime } from "../../runtimes/runtime.ts";
import { readOtherStreams } from "../../streams/other_streams.ts";
import type { Streams } from "../../streams/streams.ts";
import { toResponse } from "../answer.ts";
import { readBytes } from "../body.ts";
import type { Failures } from "../failures.ts";
import type { PublishAddresses } from "../publish_address.ts";
import { publishLines, type Sender } from "../bodies/publish_lines.ts";
import { isStream, publishBody } from "../publish_message.ts";
import { traceOf } from "../trace_header.ts";

/** The longest lease that a stream may ask for, in seconds: a day. */
const MAX_LEASE = 24 * 3600;

/** Finds the sender of a request, by its `Authorization` header; throws what `Auth.publisherClaims` throws. */
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
      const otherStreams = readOtherStreams(address.otherStreams, "the stream");
      (await runtime()).keepOpen({ request, env: c.env });
      const { ids, streamId, isStopped } = await publishText(
        {
          publisher: traced(publisher, traceOf(head)),
          streams,
          patienceMs,
          otherStreams,
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
    const sender = await findSender(c.req.header("authorization"));
    const request = c.req.raw;
    const body = await readBytes(request, REQUEST_BYTES, batchTooLarge);
    const head = new FetchHead(request, c.env);
    const answer = await publishLines(sender, streams, failures, head, body);
    return toResponse(answer, c.env);
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

function batchTooLarge(): RealtimeError {
  const problem = `it is larger than ${REQUEST_BYTES / 1024} KiB`;
  const message = `Cannot publish the batch: ${problem}`;
  return new RealtimeError("too_large", message);
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
