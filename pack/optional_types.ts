/**
 * Declarations that take types from a package which an app may lack. An import of it would be an error there, where the compiler checks
 * declarations too. They import an alias instead, which the manifest resolves to the package or, without it, to a module without exports.
 *
 * @module
 */

/** The aliases that declarations import instead of packages. */
export const ALIASES: Readonly<Record<string, string>> = {
  inngest: "#inngest",
};

/** The module that an alias resolves to without its package. */
export const ABSENT = { path: "./absent.d.ts", text: "export {};\n" } as const;

/** Returns the field `imports` of the manifest. The first target that exists counts. */
export function aliasTargets(): Record<
  string,
  { readonly types: readonly string[] }
> {
  return Object.fromEntries(
    Object.entries(ALIASES).map(([name, alias]) => [
      alias,
      { types: [name, ABSENT.path] },
    ]),
  );
}
