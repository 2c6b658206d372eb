/** Error for a flag, a variable or a file that can't be used. Its message is one line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
