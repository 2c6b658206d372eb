import {
  isErrorCode,
  RealtimeError,
  type RealtimeErrorCode,
  type SchemaIssue,
} from "./errors.ts";

/** An error as the wire has it. */
export interface ErrorBody {
  readonly code: RealtimeErrorCode;
  readonly message: string;
  /** The issues that a schema found; absent without any. */
  readonly issues?: readonly SchemaIssue[];
}

/** Encodes an error for the wire. Its cause stays here. */
export function errorBody(
  { code, message, issues }: RealtimeError,
): ErrorBody {
  return { code, message, ...issues.length > 0 ? { issues } : {} };
}

/**
 * Decodes an error of the wire. Whatever the wire has, the result is a whole error: with a code and issues of the right types, and
 * without a cause.
 *
 * @param fallback The code for an error that has none, or one that this version doesn't know.
 */
export function errorOf(
  body: unknown,
  fallback: RealtimeErrorCode = "invalid_argument",
): RealtimeError {
  const { code, message, issues } = Object(body);
  return new RealtimeError(
    isErrorCode(code) ? code : fallback,
    typeof message === "string" ? message : "The gateway gave no reason",
    { issues: Array.isArray(issues) ? issues.filter(isIssue) : [] },
  );
}

function isIssue(issue: unknown): issue is SchemaIssue {
  const { message, path = [] } = Object(issue);
  return typeof message === "string" && Array.isArray(path) &&
    path.every((key) => typeof key === "string" || typeof key === "number");
}
