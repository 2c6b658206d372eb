import type { RealtimeError } from "../../core/protocol/errors.ts";

/** Returns the close code and reason for an error. The code decides what the client does next. */
export function closeOf(
  error: RealtimeError,
): { code: number; reason: string } {
  // The reason of a close frame may have 123 bytes; the messages of these errors are ASCII.
  return { code: codeOf(error.code), reason: error.message.slice(0, 120) };
}

function codeOf(code: RealtimeError["code"]): number {
  switch (code) {
    case "unauthenticated":
    case "invalid_token":
    case "token_expired":
      return 4401;
    case "forbidden":
      return 4403;
    case "too_large":
      return 1009;
    case "too_slow":
      return 4408;
    case "rate_limited":
    case "too_many":
      return 4429;
    case "unavailable":
    case "internal":
      return 1012;
    default:
      return 4400;
  }
}
