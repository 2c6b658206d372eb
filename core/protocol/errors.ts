/**
 * The reason for an error, as a word that a program can test. Codes are stable; messages are for people.
 *
 * The gateway sends codes in HTTP responses, in `error` frames and as close codes. The client itself makes `unreachable` for a subscription
 * that can't connect and tries again, `network` and `timeout` for a request that fails, and `aborted`.
 */
export type RealtimeErrorCode =
  | "invalid_argument"
  | "invalid_name"
  | "invalid_json"
  | "invalid_data"
  | "unauthenticated"
  | "invalid_token"
  | "token_expired"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "stream_ended"
  | "stream_stopped"
  | "stream_open"
  | "producer_lost"
  | "too_large"
  | "rate_limited"
  | "too_many"
  | "too_slow"
  | "unavailable"
  | "internal"
  | "unreachable"
  | "timeout"
  | "network"
  | "aborted";

const CODES: ReadonlySet<unknown> = new Set<RealtimeErrorCode>([
  "invalid_argument",
  "invalid_name",
  "invalid_json",
  "invalid_data",
  "unauthenticated",
  "invalid_token",
  "token_expired",
  "forbidden",
  "not_found",
  "conflict",
  "stream_ended",
  "stream_stopped",
  "stream_open",
  "producer_lost",
  "too_large",
  "rate_limited",
  "too_many",
  "too_slow",
  "unavailable",
  "internal",
  "unreachable",
  "timeout",
  "network",
  "aborted",
]);

/** Tells whether a value is a code that this version knows. */
export function isErrorCode(value: unknown): value is RealtimeErrorCode {
  return CODES.has(value);
}

/** One mistake that a schema found in the data. */
export interface SchemaIssue {
  /** A description of the mistake, for people. */
  readonly message: string;
  /** The keys that lead to the wrong value; `undefined` if the whole value is wrong. */
  readonly path?: ReadonlyArray<PropertyKey> | undefined;
}

/** Options of a {@linkcode RealtimeError}. */
export interface RealtimeErrorOptions {
  /** The error that led to this one. */
  cause?: unknown;
  /** The mistakes that a schema found, with code `invalid_data`. */
  issues?: readonly SchemaIssue[] | undefined;
}

/**
 * The error of every failure, also of a wrong argument (`invalid_argument`).
 *
 * @example Handle one code
 * ```ts
 * import { createRealtime, RealtimeError } from "@tidings/realtime";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * try {
 *   await realtime.publish({ channel: "user:1", topic: "ai", data: "hi" });
 * } catch (error) {
 *   if (error instanceof RealtimeError && error.code === "too_large") {
 *     console.warn("Shorten it");
 *   }
 * }
 * ```
 */
export class RealtimeError extends Error {
  /** Always `"RealtimeError"`, also after a bundler shortened the class's name. */
  override readonly name = "RealtimeError";
  // `declare` leaves no field in a bundle. The constructor sets both.
  /** The reason, as a stable word. */
  declare readonly code: RealtimeErrorCode;
  /** The mistakes that a schema found, with code `invalid_data`; otherwise empty. */
  declare readonly issues: readonly SchemaIssue[];

  /**
   * Makes an error.
   *
   * @param message The reason, for people: never a token, never a payload.
   */
  constructor(
    code: RealtimeErrorCode,
    message: string,
    options: RealtimeErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.issues = options.issues ?? [];
  }
}
