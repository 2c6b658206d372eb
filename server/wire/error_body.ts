import type { RealtimeError, SchemaIssue } from "../../core/protocol/errors.ts";

/** An error as the wire has it. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  /** What a schema found; absent where none did. */
  readonly issues?: readonly SchemaIssue[];
}

/** Makes of an error what the wire has of it. */
export function errorBody(
  { code, message, issues }: RealtimeError,
): ErrorBody {
  return { code, message, ...issues.length > 0 ? { issues } : {} };
}
