import { RealtimeError } from "../../core/protocol/errors.ts";
import { quote } from "../publish/publisher.ts";
import type { StreamEnd } from "./stream_end.ts";

const HOW_ENDED: Readonly<Record<StreamEnd["reason"], string>> = {
  done: "has ended",
  failed: "has ended",
  lost: "has ended, because nothing came from its producer for too long",
  stopped: "was stopped by a reader",
};

/** Creates the error for publishing to, or keeping open, a stream that has ended. */
export function endedError(
  channel: string,
  { reason }: Pick<StreamEnd, "reason">,
): RealtimeError {
  return new RealtimeError(
    reason === "stopped" ? "stream_stopped" : "stream_ended",
    `Cannot publish to ${quote(channel)}: the stream ${HOW_ENDED[reason]}`,
  );
}

/** Creates the error for a stream that another producer began. */
export function otherProducerError(channel: string): RealtimeError {
  return new RealtimeError(
    "conflict",
    `Cannot publish to ${quote(channel)}: another producer began the stream`,
  );
}

/** Creates the error for a message that is not in the stream's topics. */
export function otherTopicError(channel: string): RealtimeError {
  return new RealtimeError(
    "conflict",
    `Cannot publish to ${quote(channel)}: the stream is in another topic`,
  );
}
