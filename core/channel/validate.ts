import { RealtimeError, type SchemaIssue } from "../protocol/errors.ts";
import type {
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "../types/standard_schema.ts";
import type { MaybePromise } from "../types/utility.ts";

/** Converts an issue of a schema library. Some libraries put data into the paths of their issues; only the keys are kept. */
function toIssue({ message, path }: StandardIssue): SchemaIssue {
  return {
    message,
    // Array.from(), because the path may be of a class of the schema library, with another map().
    path: path &&
      Array.from(path, (key) => typeof key === "object" ? key.key : key),
  };
}

/**
 * Validates data by a schema, if there is one.
 *
 * @param action The attempted action, for the message: `Cannot publish to "user:1"`.
 * @returns The schema's output; without a schema, the data. A promise only if the schema returns one.
 * @throws {RealtimeError} `invalid_data`, with the issues, or with the cause if the schema threw.
 */
export function validate(
  schema: StandardSchema | undefined,
  data: unknown,
  action: string,
): MaybePromise<unknown> {
  if (!schema) return data;
  const explain = (cause: unknown): never => {
    if (cause instanceof RealtimeError) throw cause;
    throw invalidData(action, { cause });
  };
  try {
    const result = schema["~standard"].validate(data);
    return "then" in result
      ? Promise.resolve(result).then((result) => outputOf(result, action))
        .catch(explain)
      : outputOf(result, action);
  } catch (cause) {
    return explain(cause);
  }
}

function outputOf(result: StandardResult<unknown>, action: string): unknown {
  if (!result.issues) return result.value;
  throw invalidData(action, { issues: result.issues.map(toIssue) });
}

function invalidData(
  action: string,
  options: ErrorOptions & { readonly issues?: readonly SchemaIssue[] },
): RealtimeError {
  // The issues may repeat the data, so they stay out of the message.
  return new RealtimeError(
    "invalid_data",
    `${action}: the data do not match the topic's schema`,
    options,
  );
}
