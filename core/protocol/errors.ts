/**
 * What went wrong, in a word that a program can test. Codes are stable; messages are for people.
 *
 * Codes of the gateway arrive over HTTP (with the status in {@linkcode STATUS_OF_CODE}), in an `error`
 * frame or as a close code; `timeout`, `network` and `aborted` are made by the client.
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
  | "producer_lost"
  | "too_large"
  | "rate_limited"
  | "too_many"
  | "too_slow"
  | "unavailable"
  | "internal"
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
  "producer_lost",
  "too_large",
  "rate_limited",
  "too_many",
  "too_slow",
  "unavailable",
  "internal",
  "timeout",
  "network",
  "aborted",
]);

/** Tells whether a value is a code that this version knows. */
export function isErrorCode(value: unknown): value is RealtimeErrorCode {
  return CODES.has(value);
}

/** One thing that a schema found wrong: what, and where in the data. */
export interface SchemaIssue {
  /** What is wrong, for people. */
  readonly message: string;
  /** Where: the keys that lead to it, `undefined` for the whole value. */
  readonly path?: ReadonlyArray<PropertyKey> | undefined;
}

/** What a {@linkcode RealtimeError} can carry besides its code and message. */
export interface RealtimeErrorOptions {
  /** The error that led to this one. */
  cause?: unknown;
  /** What the schema found, with code `invalid_data`. */
  issues?: readonly SchemaIssue[];
}

/**
 * The one error of Tidings: everything that fails at run time rejects or throws with it. Arguments of the wrong
 * type throw a `TypeError` or `RangeError` instead.
 *
 * @example Tell a refusal from an outage
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
  // Declared only: that leaves no field in a bundle, and the constructor sets them.
  /** What went wrong, in a stable word. */
  declare readonly code: RealtimeErrorCode;
  /** What the schema found, with code `invalid_data`; else empty. */
  declare readonly issues: readonly SchemaIssue[];

  /**
   * Makes an error.
   *
   * @param code What went wrong, in a stable word.
   * @param message What went wrong, for people: never a token, never a payload.
   * @param options The cause, and what a schema found.
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
