import { RealtimeError } from "../protocol/errors.ts";

/** Makes the error for an action that its caller aborted; the signal's reason becomes its cause. */
export function abortedError(
  action: string,
  signal: AbortSignal | undefined,
): RealtimeError {
  return new RealtimeError("aborted", `${action}: it was aborted`, {
    cause: signal?.reason,
  });
}
