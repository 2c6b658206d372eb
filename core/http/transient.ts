import { RealtimeError, type RealtimeErrorCode } from "../protocol/errors.ts";

const TRANSIENT: ReadonlySet<RealtimeErrorCode> = new Set<RealtimeErrorCode>([
  "network",
  "timeout",
  "rate_limited",
  "unavailable",
  "internal",
]);

/**
 * Tells whether a failure may pass by itself, so that the same attempt is worth repeating. Client, gateway and hooks all ask this
 * function, so that they agree.
 */
export function isTransient(error: unknown): boolean {
  return error instanceof RealtimeError && TRANSIENT.has(error.code);
}
