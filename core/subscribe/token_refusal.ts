import type { RealtimeError, RealtimeErrorCode } from "../protocol/errors.ts";

const TOKEN_REFUSALS: ReadonlySet<RealtimeErrorCode> = new Set<
  RealtimeErrorCode
>(["unauthenticated", "invalid_token", "token_expired"]);

/** Tells whether the gateway refused the token, so that it may accept another one. */
export function isTokenRefusal({ code }: RealtimeError): boolean {
  return TOKEN_REFUSALS.has(code);
}
