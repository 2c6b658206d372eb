import { RealtimeError, type SchemaIssue } from "../protocol/errors.ts";
import type {
  StandardIssue,
  StandardSchema,
} from "../types/standard_schema.ts";

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
 * @returns The schema's output; without a schema, the data.
 * @throws {RealtimeError} `invalid_data`, with the issues, or with the cause if the schema threw.
 */
export async function validate(
  schema: StandardSchema | undefined,
  data: unknown,
  action: string,
): Promise<unknown> {
  if (!schema) return data;
  let options;
  try {
    const result = await schema["~standard"].validate(data);
    if (!result.issues) return result.value;
    options = { issues: result.issues.map(toIssue) };
  } catch (cause) {
    options = { cause };
  }
  // The issues may repeat the data, so they stay out of the message.
  throw new RealtimeError(
    "invalid_data",
    `${action}: the data do not match the topic's schema`,
    options,
  );
}
