interface Runtime {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
  readonly Deno?: { readonly env: { get(name: string): string | undefined } };
}

/**
 * Reads an environment variable, on any runtime.
 *
 * @returns `undefined` where it is not set, where the runtime has no environment and where Deno may not read it.
 */
export function readEnvironment(name: string): string | undefined {
  const { process, Deno } = globalThis as Runtime;
  try {
    return process?.env?.[name] || Deno?.env.get(name) || undefined;
  } catch {
    // Deno, run without permission to read it: as good as not set.
    return undefined;
  }
}
