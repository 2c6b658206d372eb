/** The fields of `deno.json` and `jsr.json` that must agree with the other manifests. */
export interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
}

/** The fields of `package.json` that must agree with the other manifests. */
export interface NpmManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The three manifests. */
export interface Manifests {
  readonly deno: DenoManifest;
  readonly jsr: DenoManifest;
  readonly npm: NpmManifest;
}

/** Returns a line for each difference between the manifests. */
export function differences({ deno, jsr, npm }: Manifests): string[] {
  return [
    ...differentFields(deno, jsr, npm),
    ...differentEntries("exports", "deno.json", "jsr.json", deno, jsr),
    ...differentEntries("exports", "deno.json", "package.json", deno, npm),
    ...differentPublish(deno, jsr),
    ...differentImports(deno, npm),
    ...differentJsrImports(deno, jsr, npm),
  ];
}

function differentFields(
  deno: DenoManifest,
  jsr: DenoManifest,
  npm: NpmManifest,
): string[] {
  return (["name", "version", "license"] as const)
    .filter((key) => deno[key] !== jsr[key] || deno[key] !== npm[key])
    .map((key) =>
      `${key}: "${deno[key]}" in deno.json, "${jsr[key]}" in jsr.json, ` +
      `"${npm[key]}" in package.json`
    );
}

function differentEntries(
  field: "exports",
  oneName: string,
  otherName: string,
  one: Pick<DenoManifest, "exports">,
  other: Pick<DenoManifest, "exports">,
): string[] {
  const keys = new Set([
    ...Object.keys(one[field]),
    ...Object.keys(other[field]),
  ]);
  return [...keys]
    .filter((key) => one[field][key] !== other[field][key])
    .map((key) =>
      `${field} "${key}": ${text(one[field][key])} in ${oneName}, ` +
      `${text(other[field][key])} in ${otherName}`
    );
}

function differentPublish(deno: DenoManifest, jsr: DenoManifest): string[] {
  const [one, other] = [deno, jsr].map(({ publish }) =>
    [...publish.include].sort().join(" ")
  );
  return one === other
    ? []
    : [`publish.include: "${one}" in deno.json, "${other}" in jsr.json`];
}

/** Compares the packages from npm in `deno.json` with `package.json`. */
function differentImports(deno: DenoManifest, npm: NpmManifest): string[] {
  const found: string[] = [];
  for (const [name, target] of Object.entries(deno.imports)) {
    if (!target.startsWith("npm:")) continue;
    const range = npmRange(npm, name);
    if (range === undefined) {
      found.push(`import "${name}": in deno.json, not in package.json`);
    } else if (target !== asSpecifier(name, range)) {
      found.push(
        `import "${name}": "${target}" in deno.json, "${range}" in package.json`,
      );
    }
  }
  for (const name of Object.keys(runtimeDependencies(npm))) {
    if (deno.imports[name] === undefined) {
      found.push(`import "${name}": in package.json, not in deno.json`);
    }
  }
  return found;
}

/** Packages that only lend their types, and the modules that stand for them on JSR. */
const TYPES_ONLY: Readonly<Record<string, string>> = {
  inngest: "./middleware/no_inngest.ts",
};

/**
 * Compares the dependencies of the published files with `jsr.json`, which may take a package from npm or from JSR. Its range is that of
 * `deno.json`, or one of those that `package.json` has for a peer dependency. `@std/*` is only on JSR.
 */
function differentJsrImports(
  deno: DenoManifest,
  jsr: DenoManifest,
  npm: NpmManifest,
): string[] {
  const found: string[] = [];
  for (const name of Object.keys(runtimeDependencies(npm))) {
    if (jsr.imports[name] === undefined) {
      found.push(`import "${name}": in package.json, not in jsr.json`);
    }
  }
  for (const [name, target] of Object.entries(jsr.imports)) {
    if (name.startsWith("@std/") || target === TYPES_ONLY[name]) continue;
    const local = deno.imports[name];
    const peers = npm.peerDependencies[name]?.split(" || ");
    const ranges = peers ?? [rangeOf(local)];
    const isSame = target.startsWith("jsr:") ||
      packageOf(target) === packageOf(local);
    if (!isSame || !ranges.includes(rangeOf(target))) {
      found.push(
        `import "${name}": ${
          text(local)
        } in deno.json, "${target}" in jsr.json`,
      );
    }
  }
  return found;
}

function runtimeDependencies(npm: NpmManifest): Record<string, string> {
  return { ...npm.dependencies, ...npm.peerDependencies };
}

/** Returns the range that is installed for development; the range of a peer dependency may be wider. */
function npmRange(npm: NpmManifest, name: string): string | undefined {
  return npm.devDependencies[name] ?? runtimeDependencies(npm)[name];
}

/** Returns the specifier that `deno.json` has for a range of `package.json`. */
function asSpecifier(name: string, range: string): string {
  return range.startsWith("npm:") ? range : `npm:${name}@${range}`;
}

function packageOf(specifier: string | undefined): string | undefined {
  return specifier?.slice(0, specifier.lastIndexOf("@"));
}

function rangeOf(specifier: string | undefined): string | undefined {
  return specifier?.slice(specifier.lastIndexOf("@") + 1);
}

function text(value: string | undefined): string {
  return value === undefined ? "nothing" : `"${value}"`;
}
