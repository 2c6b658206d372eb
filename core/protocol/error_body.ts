import {
  isErrorCode,
  RealtimeError,
  type RealtimeErrorCode,
  type SchemaIssue,
} from "./errors.ts";
import { escapeControls } from "./escape_controls.ts";
import { isJsonObject, isText, list, object, optional } from "./shape.ts";

/** An error in its form on the wire. */
export interface ErrorBody {
  readonly code: RealtimeErrorCode;
  readonly message: string;
  /** The issues that a schema found; absent if there are none. */
  readonly issues?: readonly SchemaIssue[];
}

/**
 * Encodes an error for the wire, without its cause. The message may quote what a stranger wrote, so its control characters are escaped: they
 * could move the cursor of a terminal.
 */
export function errorBody(
  { code, message, issues }: RealtimeError,
): ErrorBody {
  const text = escapeControls(message);
  return { code, message: text, ...issues.length > 0 ? { issues } : {} };
}

function isKey(value: unknown): value is string | number {
  return isText(value) || typeof value === "number";
}

const isIssue = object<SchemaIssue>({
  message: isText,
  path: optional(list(isKey)),
});

/**
 * Decodes an error of the wire. The result is a complete error for any value, with a code that this version knows and without a cause.
 *
 * @param fallback The code for an error without a code or with an unknown one.
 */
export function errorOf(
  body: unknown,
  fallback: RealtimeErrorCode = "invalid_argument",
): RealtimeError {
  const { code, message, issues } = isJsonObject(body) ? body : {};
  return new RealtimeError(
    isErrorCode(code) ? code : fallback,
    isText(message) ? message : "No reason given",
    { issues: Array.isArray(issues) ? issues.filter(isIssue) : [] },
  );
}
