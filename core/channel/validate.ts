import { RealtimeError, type SchemaIssue } from "../protocol/errors.ts";
import type {
  StandardIssue,
  StandardSchema,
} from "../types/standard_schema.ts";

/** Makes an issue without the data that some libraries put into the paths of their issues. */
function toIssue({ message, path }: StandardIssue): SchemaIssue {
  return {
    message,
    // The path's own map is not used: the path may be of a class of the schema library.
    path: path &&
      Array.from(path, (key) => typeof key === "object" ? key.key : key),
  };
}

/**
 * Checks data by a schema, and returns the schema's output.
 *
 * @throws {RealtimeError} `invalid_data`, with the issues; with the cause if the schema itself failed.
 */
export async function validate(
  schema: StandardSchema,
  data: unknown,
  action: string,
): Promise<unknown> {
  let options;
  try {
    const result = await schema["~standard"].validate(data);
    if (!result.issues) return result.value;
    options = { issues: result.issues.map(toIssue) };
  } catch (cause) {
    options = { cause };
  }
  // The texts of the issues may repeat the data and stay out of the message.
  throw new RealtimeError(
    "invalid_data",
    `${action}: the data do not match the topic's schema`,
    options,
  );
}
