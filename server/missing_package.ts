/**
 * How the runtimes name a package that is not installed: Node and Bun after "package", Deno after "find" or, with its range, after
 * "package for".
 */
const NAME = /(?:package|package for|find) ["'](?:npm:)?(@?[^"'@]+)/;

/** Returns the name of the package whose absence is the cause of an error of `import()`; `undefined` for any other error. */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = Object(error);
  if (code !== "ERR_MODULE_NOT_FOUND") return undefined;
  return NAME.exec(String(message))?.[1];
}
