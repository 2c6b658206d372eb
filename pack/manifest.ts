import { aliasTargets } from "./optional_types.ts";

/** The fields of the project's `package.json` that the package for npm is made from. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly author: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<
    Record<string, { readonly optional: boolean }>
  >;
}

/** The `package.json` of the package for npm. */
export type PackedManifest = Omit<SourceManifest, "exports"> & {
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, { readonly types: string; readonly default: string }>
  >;
  readonly imports: ReturnType<typeof aliasTargets>;
};

/** The path of the command line in the package. */
export const BIN = "bin/tidings.js";

/** The oldest Node whose `require()` loads ES modules. The sources need a newer one, which erases their types. */
const NODE = ">=22.12";

/** Makes the `package.json` of the package for npm. Scripts, packages for development and `private` are left out. */
export function packedManifest(source: SourceManifest): PackedManifest {
  return {
    name: source.name,
    version: source.version,
    description: source.description,
    license: source.license,
    author: source.author,
    type: source.type,
    sideEffects: source.sideEffects,
    engines: { node: NODE },
    bin: { tidings: BIN },
    exports: Object.fromEntries(
      Object.entries(source.exports).map(([name, path]) => {
        const stem = path.replace(/\.ts$/, "");
        // The compiler takes the first condition that it knows.
        return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }];
      }),
    ),
    imports: aliasTargets(),
    dependencies: source.dependencies,
    peerDependencies: source.peerDependencies,
    peerDependenciesMeta: source.peerDependenciesMeta,
  };
}
