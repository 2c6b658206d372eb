import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Envelope } from "../wire/envelope.ts";
import { quote } from "../publish/publisher.ts";
import type { StreamEnd } from "./stream_end.ts";

/** How long a stream that has ended stands for another with the same key, as for any message. */
const KEY_TTL_MS = 120_000;

/** What who still publishes to a stream is told, or wants to keep it open. */
export function endedError(
  channel: string,
  { reason }: Pick<StreamEnd, "reason">,
): RealtimeError {
  const subject = `Cannot publish to ${quote(channel)}: the stream`;
  return reason === "stopped"
    ? new RealtimeError("stream_stopped", `${subject} was stopped by a reader`)
    : new RealtimeError(
      "stream_ended",
      reason === "lost"
        ? `${subject} has ended, as nothing came of its producer for too long`
        : `${subject} has ended`,
    );
}

/** The answer to a start of a stream that has ended. */
export function startedBefore(
  channel: string,
  end: StreamEnd,
  producer: string | undefined,
): { ids: readonly string[]; error: RealtimeError } {
  const isWell = end.reason === "done" || end.reason === "stopped";
  const isRecent = Date.now() - end.at < KEY_TTL_MS;
  if (producer !== undefined && !(isWell && isRecent)) {
    throw begunByAnother(channel);
  }
  const { start } = end;
  return {
    ids: start === undefined ? [] : [start],
    error: endedError(channel, end),
  };
}

/** The error for a stream that another producer began. */
export function begunByAnother(channel: string): RealtimeError {
  return new RealtimeError(
    "conflict",
    `Cannot publish to ${quote(channel)}: another producer began the stream`,
  );
}

/** The error for a message of a stream outside of the stream's topics. */
export function inOtherTopics(channel: string): RealtimeError {
  return new RealtimeError(
    "conflict",
    `Cannot publish to ${quote(channel)}: the stream is in another topic`,
  );
}

/** The id of an end that is published again by who ended the stream. */
export function repeatedEnd(
  { channel, kind }: Pick<Envelope, "channel" | "kind">,
  end: StreamEnd,
): string {
  const isOwn = end.reason === "done" || end.reason === "failed";
  if (kind === "datastream-end" && isOwn) return end.id;
  throw endedError(channel, end);
}
