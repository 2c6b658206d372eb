/**
 * Compiles the sources for npm.
 *
 * `tsc` does it, not `deno pack`: that leaves out the dependencies and some declarations, and its source maps carry the paths of the
 * machine that made them.
 *
 * @module
 */

import { join } from "node:path";
import ts from "typescript";
import { ALIASES } from "./optional_types.ts";

/**
 * Compiles modules, and all that they import, to JavaScript and declarations.
 *
 * @param root The folder of the sources and of their `tsconfig.json`.
 * @param entries The paths of the modules in it.
 * @param target The folder to write to.
 * @throws {Error} When the sources have type errors.
 */
export function compile(
  root: string,
  entries: readonly string[],
  target: string,
): void {
  const program = ts.createProgram(
    entries.map((entry) => join(root, entry)),
    { ...projectOptions(root), ...emitOptions(root, target) },
  );
  const { diagnostics } = program.emit(
    undefined,
    undefined,
    undefined,
    false,
    { afterDeclarations: [withPackedSpecifiers] },
  );
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length > 0) {
    throw new Error(`Cannot compile the package: ${format(problems, root)}`);
  }
}

function projectOptions(root: string): ts.CompilerOptions {
  const path = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
    .options;
}

function emitOptions(root: string, target: string): ts.CompilerOptions {
  return {
    noEmit: false,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    rootDir: root,
    outDir: target,
  };
}

/** Changes what declarations import to how it is called in the package. */
function withPackedSpecifiers(
  context: ts.TransformationContext,
): ts.CustomTransformer {
  function visit(node: ts.Node): ts.Node {
    const hasSpecifier = ts.isImportDeclaration(node) ||
      ts.isExportDeclaration(node) || ts.isImportTypeNode(node);
    const visitChild = hasSpecifier ? visitSpecifier : visit;
    return ts.visitEachChild(node, visitChild, context);
  }

  function visitSpecifier(node: ts.Node): ts.Node {
    if (ts.isStringLiteral(node)) {
      return ts.factory.createStringLiteral(packedSpecifier(node.text));
    }
    return ts.isLiteralTypeNode(node)
      ? ts.visitEachChild(node, visitSpecifier, context)
      : visit(node);
  }

  return {
    transformSourceFile: (file) => ts.visitEachChild(file, visit, context),
    transformBundle: (bundle) => bundle,
  };
}

/** The compiler rewrites the endings of relative imports in JavaScript only. */
function packedSpecifier(specifier: string): string {
  return ALIASES[specifier] ??
    specifier.replace(/^(\.\.?\/.*)\.ts$/, "$1.js");
}

function format(problems: readonly ts.Diagnostic[], root: string): string {
  return ts.formatDiagnostics(problems, {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  });
}
