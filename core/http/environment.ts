interface Runtime {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
  readonly Deno?: { readonly env: { get(name: string): string | undefined } };
}

/** Returns an environment variable, on any runtime; `undefined` if it is not set or empty, or can't be read. */
export function readEnvironment(name: string): string | undefined {
  const { process, Deno } = globalThis as Runtime;
  try {
    return process?.env?.[name] || Deno?.env.get(name) || undefined;
  } catch {
    // Deno throws without the permission to read it.
    return undefined;
  }
}
