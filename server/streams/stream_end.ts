import { RealtimeError } from "../../core/protocol/errors.ts";
import { GatewayKey } from "../publish/idempotency_key.ts";
import { quote } from "../wire/quote.ts";

/** The end of a data stream. */
export interface StreamEnd {
  readonly state: "ended";
  /** The id of the message that ended it. */
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  /** Its producer ended it (`done`) or failed (`failed`), its lease ran out (`lost`), or a reader stopped it (`stopped`). */
  readonly reason: "done" | "failed" | "lost" | "stopped";
  /** Milliseconds since 1970 at which it ended. */
  readonly at: number;
  /** The id of its start, if that is known. */
  readonly start?: string;
  /** The producer that began it, if that is known. */
  readonly producer?: string | undefined;
}

function brokeOff(reason: string) {
  const message = `The stream broke off: ${reason}`;
  return { error: { code: "producer_lost", message } };
}

/** Metadata of the end of a stream whose producer is gone. */
export const LOST: object = brokeOff(
  "nothing came from its producer for too long",
);

/** Metadata of the end of a stream that another producer replaces. */
export const REPLACED: object = brokeOff("another producer began it again");

/** Metadata of the end of a stream that a reader stopped. */
export const STOPPED = { stopped: true };

/** Reads why and when a stream ended from the frame of its end. */
export function readEnd(
  json: string,
): Pick<StreamEnd, "state" | "reason" | "at"> {
  const frame: Record<string, unknown> = JSON.parse(json);
  const at = Date.parse(String(frame.created_at));
  return { state: "ended", reason: endReasonOf(frame.metadata), at };
}

/** Reads why a stream ended from the metadata of its end. */
export function endReasonOf(metadata: unknown): StreamEnd["reason"] {
  const { error, stopped }: Record<string, unknown> = Object(metadata);
  if (!error) return stopped === true ? "stopped" : "done";
  return Object(error).code === "producer_lost" ? "lost" : "failed";
}

/**
 * Returns the idempotency key of a stream's end: all that end a stream use it, so that only the first end counts.
 *
 * @param topics The stream's topics. The key names the first in the alphabet, so that an end in another topic is not this stream's end.
 */
export function endKey(streamId: string, topics: Iterable<string>): GatewayKey {
  const [first = ""] = [...topics].sort();
  return new GatewayKey(`end\n${first}\n${streamId}`);
}

const HOW_ENDED: Readonly<Record<StreamEnd["reason"], string>> = {
  done: "has ended",
  failed: "has ended",
  lost: "has ended, because nothing came from its producer for too long",
  stopped: "was stopped by a reader",
};

/** Creates the error for publishing to, or keeping open, a stream that has ended. */
export function endedError(
  channel: string,
  { reason }: StreamEnd,
): RealtimeError {
  return new RealtimeError(
    reason === "stopped" ? "stream_stopped" : "stream_ended",
    `Cannot publish to ${quote(channel)}: the stream ${HOW_ENDED[reason]}`,
  );
}
