import { RealtimeError, type SchemaIssue } from "../protocol/errors.ts";
import type {
  StandardIssue,
  StandardSchema,
} from "../types/standard_schema.ts";

/** Some libraries put the data into their issues' paths: of those only the keys are left. */
function toIssue({ message, path }: StandardIssue): SchemaIssue {
  return {
    message,
    // Not with the path's own map: it may be of a class of the schema library's.
    path: path &&
      Array.from(path, (key) => typeof key === "object" ? key.key : key),
  };
}

/**
 * Checks data by a schema, which may take its time.
 *
 * @param action What was tried, for the message: `Cannot publish to "user:1"`.
 * @returns What the schema makes of the data.
 * @throws {RealtimeError} `invalid_data`, with the issues; with the cause where the schema itself failed.
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
  // What the issues say may repeat the data, so it stays out of the message.
  throw new RealtimeError(
    "invalid_data",
    `${action}: the data do not match the topic's schema`,
    options,
  );
}
