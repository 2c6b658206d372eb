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
  { reason }: StreamEnd,
): RealtimeError {
  return new RealtimeError(
    reason === "stopped" ? "stream_stopped" : "stream_ended",
    `Cannot publish to ${quote(channel)}: the stream ${HOW_ENDED[reason]}`,
  );
}

/** Creates the error for a message that another producer, or another topic, may not add to a stream. */
export function conflictError(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("conflict", message);
}
