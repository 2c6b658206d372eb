import type { RealtimeError } from "../../core/protocol/errors.ts";

/** How a connection is closed for an error: the code that tells the client what to do. */
export function closeOf(
  error: RealtimeError,
): { code: number; reason: string } {
  const code = codeOf(error.code);
  // A close frame's reason may have 123 bytes; messages of these errors are ASCII.
  return { code, reason: error.message.slice(0, 120) };
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
