interface Runtime {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
  readonly Deno?: { readonly env: { get(name: string): string | undefined } };
}

/**
 * Reads an environment variable, on any runtime.
 *
 * @returns `undefined` if it is not set or empty, if the runtime has no environment, and if Deno may not read it.
 */
export function readEnvironment(name: string): string | undefined {
  const { process, Deno } = globalThis as Runtime;
  try {
    return process?.env?.[name] || Deno?.env.get(name) || undefined;
  } catch {
    // Deno throws without the permission to read it.
    return undefined;
  }
}
