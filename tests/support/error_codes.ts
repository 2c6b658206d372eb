import type { RealtimeErrorCode } from "../../core/protocol/errors.ts";

/** The compiler checks that none is missing. */
const CODES: Readonly<Record<RealtimeErrorCode, true>> = {
  invalid_argument: true,
  invalid_name: true,
  invalid_json: true,
  invalid_data: true,
  unauthenticated: true,
  invalid_token: true,
  token_expired: true,
  forbidden: true,
  not_found: true,
  conflict: true,
  stream_ended: true,
  stream_stopped: true,
  stream_open: true,
  producer_lost: true,
  too_large: true,
  rate_limited: true,
  too_many: true,
  too_slow: true,
  unavailable: true,
  internal: true,
  timeout: true,
  network: true,
  unreachable: true,
  aborted: true,
};

/** Every error code. */
export const ERROR_CODES = Object.keys(CODES) as RealtimeErrorCode[];
