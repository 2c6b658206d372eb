import { RealtimeError } from "../../core/protocol/errors.ts";
import { quote } from "../publish/publisher.ts";
import type { StreamEnd } from "./stream_end.ts";

/** Creates the error for publishing to, or keeping open, a stream that has ended. */
export function endedError(
  channel: string,
  { reason }: Pick<StreamEnd, "reason">,
): RealtimeError {
  const subject = `Cannot publish to ${quote(channel)}: the stream`;
  switch (reason) {
    case "stopped":
      return new RealtimeError(
        "stream_stopped",
        `${subject} was stopped by a reader`,
      );
    case "lost":
      return new RealtimeError(
        "stream_ended",
        `${subject} has ended, because nothing came from its producer for too long`,
      );
    case "done":
    case "failed":
      return new RealtimeError("stream_ended", `${subject} has ended`);
  }
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
