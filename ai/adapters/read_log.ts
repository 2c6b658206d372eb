import {
  type FollowedTopics,
  type FollowOptions,
  followTopics,
} from "../../core/app/follow_topics.ts";
import { gatewayFetch } from "../../core/http/gateway_fetch.ts";
import { badAnswer, parseAnswer } from "../../core/http/json_answer.ts";
import { type HttpContext, request } from "../../core/http/request.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isText } from "../../core/protocol/shape.ts";
import {
  decodeMessage,
  type IncomingMessage,
  isMessageKind,
} from "../../core/subscribe/decode_message.ts";

/** The messages of topics that a log has. */
export interface LogRead {
  readonly messages: readonly IncomingMessage[];
  /** The place at which the log ended, whatever the topic of its newest message. */
  readonly position: string;
}

/** How many messages are read at once. */
const PAGE = 1000;

/** Returns how to send requests to an app's gateway with a token for the topics. */
async function gatewayOf(
  { app, channel, topics }: FollowedTopics,
): Promise<HttpContext> {
  const token = await app.token({ channel, topics, stop: topics });
  const { apiBaseUrl: url = app.url, key: bearer } = token;
  return { url, bearer, fetch: gatewayFetch(url), retry: {} };
}

/**
 * Reads what the log of a channel has of some topics, to its end.
 *
 * @param since The start: `start`, `last:<n>` or the id of a message.
 * @throws {RealtimeError} `not_found` if messages after that are no longer in the log; the gateway's refusal.
 */
export async function readLog(
  target: FollowedTopics,
  since = "start",
): Promise<LogRead> {
  const { channel, topics } = target;
  const action = `Cannot read "${channel}"`;
  const context = await gatewayOf(target);
  const messages: IncomingMessage[] = [];
  let position = since;
  for (;;) {
    const query = new URLSearchParams([
      ["channel", channel],
      ...topics.map((topic) => ["topic", topic]),
      ["since", position],
      ["limit", `${PAGE}`],
    ]);
    const path = `/v1/realtime/history?${query}`;
    const answer = await request(context, { path, method: "GET", action });
    const page = parseAnswer(answer, action);
    if (!Array.isArray(page.messages) || !isText(page.position)) {
      throw badAnswer("is no page of the log", action);
    }
    if (page.gap !== undefined) throw lostMessages(channel);
    for (const frame of page.messages.map(Object)) {
      const { kind } = frame;
      const message = isText(kind) && isMessageKind(kind)
        ? decodeMessage(kind, frame)
        : undefined;
      if (message) messages.push(message);
    }
    position = page.position;
    if (page.more !== true) return { messages, position };
  }
}

/**
 * Yields the messages of topics from a position on, and waits for further ones until the signal aborts.
 *
 * @throws {RealtimeError} `not_found` as soon as messages in between can't be delivered any more; the final error of the subscription.
 */
export async function* followLog(
  target: FollowedTopics,
  { from, signal }: FollowOptions,
): AsyncGenerator<IncomingMessage, void, undefined> {
  const gap = new AbortController();
  const signals = signal ? [signal, gap.signal] : [gap.signal];
  try {
    const messages = followTopics(target, {
      from,
      signal: AbortSignal.any(signals),
      onGap: () => gap.abort(),
    });
    for await (const message of messages) {
      if (signal?.aborted) return;
      // A message from behind a gap may be here already.
      if (gap.signal.aborted) break;
      yield message;
    }
  } catch (error) {
    if (signal?.aborted) return;
    if (!gap.signal.aborted) throw error;
  }
  if (gap.signal.aborted) throw lostMessages(target.channel);
}

/** Makes the error for a log that has lost what a reader needs. */
export function lostMessages(channel: string): RealtimeError {
  return new RealtimeError(
    "not_found",
    `Cannot read "${channel}": messages are no longer in the gateway's log, which keeps them for a limited time`,
  );
}

/** Stops the data stream with this id, if the topic has it and it is open. */
export async function stopStream(
  target: FollowedTopics,
  streamId: string,
): Promise<void> {
  const { channel, topics: [topic = ""] } = target;
  const action = `Cannot stop the stream of "${channel}"`;
  const query = new URLSearchParams({ channel, topic, stream_id: streamId });
  const path = `/v1/realtime/stream/stop?${query}`;
  try {
    await request(await gatewayOf(target), { path, body: "", action });
  } catch (error) {
    if ((error as RealtimeError).code !== "not_found") throw error;
  }
}
