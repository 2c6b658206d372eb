/**
 * Type-checks programs that exist only in a test, with the project's compiler options.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { ROOT } from "../root.ts";

/** An error of the compiler. */
export interface TypeProblem {
  /** The path of the file from the project's folder. */
  readonly file: string;
  /** The number of the line, from 1. */
  readonly line: number;
  /** The number of the error. */
  readonly code: number;
  /** The message of the error. */
  readonly message: string;
}

/** The programs to check. */
export interface TypeCheckOptions {
  /** Texts of files that don't exist, by their paths from the project's folder. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Paths of files that exist, from the project's folder. */
  readonly files?: readonly string[];
  /** The files that imports resolve to: paths from the project's folder, by the names that are imported. */
  readonly paths?: Readonly<Record<string, string>>;
}

const PACKAGE = {
  "@tidings/realtime": "mod.ts",
  "@tidings/realtime/ai": "ai.ts",
  "@tidings/realtime/hooks": "hooks.ts",
  "@tidings/realtime/types": "core/types/mod.ts",
  "@tidings/realtime/hooks/devtools": "react/devtools/mod.ts",
  "@tidings/realtime/middleware": "middleware.ts",
};

/** Type-checks files and everything that they import. */
export function checkTypes(
  { sources = {}, files = [], paths = {} }: TypeCheckOptions,
): TypeProblem[] {
  const virtual = new Map(
    Object.entries(sources).map(([path, text]) => [join(ROOT, path), text]),
  );
  const options: ts.CompilerOptions = {
    ...projectOptions(),
    // The settings of apps that are built with a bundler, whose imports have no file extensions.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: Object.fromEntries(
      Object.entries({ ...PACKAGE, ...paths })
        .map(([name, path]) => [name, [join(ROOT, path)]]),
    ),
  };
  const program = ts.createProgram(
    [...virtual.keys(), ...files.map((file) => join(ROOT, file))],
    options,
    hostWith(virtual, options),
  );
  return ts.getPreEmitDiagnostics(program).map(toProblem);
}

function projectOptions(): ts.CompilerOptions {
  const path = join(ROOT, "tsconfig.json");
  const { config, error } = ts.parseConfigFileTextToJson(
    path,
    readFileSync(path, "utf8"),
  );
  if (error) {
    throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  }
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT)
    .options;
}

/** The files that were parsed already: all programs share the same options. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function hostWith(
  virtual: ReadonlyMap<string, string>,
  options: ts.CompilerOptions,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, directoryExists, getSourceFile } = host;
  const folders = new Set([...virtual.keys()].map(dirname));
  host.getCurrentDirectory = () => ROOT;
  host.fileExists = (path) => virtual.has(path) || fileExists(path);
  host.readFile = (path) => virtual.get(path) ?? readFile(path);
  host.directoryExists = (path) =>
    folders.has(path) || directoryExists?.(path) === true;
  host.getSourceFile = (path, language, onError, isNew) => {
    const text = virtual.get(path);
    if (text !== undefined) {
      return ts.createSourceFile(path, text, language, true);
    }
    const file = parsed.get(path) ??
      getSourceFile(path, language, onError, isNew);
    parsed.set(path, file);
    return file;
  };
  return host;
}

function toProblem(
  { file, start, code, messageText }: ts.Diagnostic,
): TypeProblem {
  return {
    file: file?.fileName.slice(ROOT.length + 1) ?? "",
    line: file && start !== undefined
      ? file.getLineAndCharacterOfPosition(start).line + 1
      : 0,
    code,
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
  };
}
