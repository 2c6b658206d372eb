import type {
  RealtimeError,
  RealtimeErrorCode,
} from "../../core/protocol/errors.ts";

/** The close codes of errors; 4400 stands for all others. */
const CLOSE_CODES: Partial<Record<RealtimeErrorCode, number>> = {
  unauthenticated: 4401,
  invalid_token: 4401,
  token_expired: 4401,
  forbidden: 4403,
  too_large: 1009,
  too_slow: 4408,
  rate_limited: 4429,
  too_many: 4429,
  unavailable: 1012,
  internal: 1012,
};

/** Returns the close code and reason for an error. The code decides what the client does next. */
export function closeOf(
  { code, message }: RealtimeError,
): { code: number; reason: string } {
  // The reason of a close frame may have 123 bytes; the messages of these errors are ASCII.
  return { code: CLOSE_CODES[code] ?? 4400, reason: message.slice(0, 120) };
}
