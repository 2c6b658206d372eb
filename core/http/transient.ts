import { RealtimeError, type RealtimeErrorCode } from "../protocol/errors.ts";

const TRANSIENT: ReadonlySet<RealtimeErrorCode> = new Set<RealtimeErrorCode>([
  "network",
  "timeout",
  "rate_limited",
  "unavailable",
  "internal",
]);

/**
 * Tells whether a failure may pass by itself, so that a retry is worthwhile. Client, gateway and hooks all use this function and therefore
 * agree.
 */
export function isTransient(error: unknown): boolean {
  return error instanceof RealtimeError && TRANSIENT.has(error.code);
}
