import { join } from "node:path";
import type ts from "typescript";

/** The package `typescript`, of any version. */
export type Compiler = typeof ts;

/** Settings of an app as the most careful of its developers choose them. */
const STRICTEST: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  types: [],
  skipLibCheck: false,
  // The compiler's own libraries are none of ours, and most of the work.
  skipDefaultLibCheck: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
};

/** A compiler with the libraries and the modules that an app chooses. */
export interface AppSettings {
  readonly compiler: Compiler;
  readonly target: "ES2022" | "ES2024" | "ESNext";
  readonly resolution: "bundler" | "node16" | "nodenext";
  /** Matches the paths of files that aren't checked, such as declarations with errors of their own. */
  readonly unchecked: RegExp;
}

/** The files of packages that a compiler has parsed. Apps change between its programs. */
const parsed = new WeakMap<Compiler, Map<string, ts.SourceFile | undefined>>();

/**
 * Type-checks the module `app.ts` of a project with the strictest settings.
 *
 * @returns The errors, as `file: message` with paths from the project's folder.
 */
export function compileProject(
  folder: string,
  settings: AppSettings,
): string[] {
  const { compiler } = settings;
  const options = compilerOptions(settings);
  const program = compiler.createProgram(
    [join(folder, "app.ts")],
    options,
    cachingHost(folder, settings, options),
  );
  const problems = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...program.getSourceFiles()
      .filter(({ fileName }) => !settings.unchecked.test(fileName))
      .flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ]),
  ];
  return problems.map((problem) => {
    const text = compiler.flattenDiagnosticMessageText(
      problem.messageText,
      "\n",
    );
    return `${problem.file?.fileName.replace(`${folder}/`, "")}: ${text}`;
  });
}

function compilerOptions(
  { compiler, target, resolution }: AppSettings,
): ts.CompilerOptions {
  const module = resolution === "bundler" ? "esnext" : resolution;
  const { options, errors } = compiler.convertCompilerOptionsFromJson({
    module,
    moduleResolution: resolution,
    target,
    lib: [target, "DOM"],
  }, ".");
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { ...STRICTEST, ...options };
}

/** Makes a host that parses the files of packages once for all programs of the same kind. */
function cachingHost(
  folder: string,
  { compiler, target, resolution }: AppSettings,
  options: ts.CompilerOptions,
): ts.CompilerHost {
  const files = parsed.get(compiler) ?? new Map();
  parsed.set(compiler, files);
  const host = compiler.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getCurrentDirectory = () => folder;
  host.getSourceFile = (path, language, ...rest) => {
    if (!path.includes("/node_modules/")) {
      return getSourceFile(path, language, ...rest);
    }
    // The same file is parsed anew for each language and kind of module, except for the compiler's libraries.
    const isLibrary = path.includes("/typescript/lib/");
    const key = isLibrary ? path : `${target} ${resolution} ${path}`;
    if (!files.has(key)) files.set(key, getSourceFile(path, language, ...rest));
    return files.get(key);
  };
  return host;
}
