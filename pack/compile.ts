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
    { afterDeclarations: [withJsSpecifiers] },
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

/** Names the files in a declaration's imports as they are called in the package: the compiler does so only in JavaScript. */
function withJsSpecifiers(
  context: ts.TransformationContext,
): ts.CustomTransformer {
  function visit(node: ts.Node): ts.Node {
    const isSpecifier = ts.isStringLiteral(node) &&
      /^\.\.?\/.*\.ts$/.test(node.text);
    if (isSpecifier) {
      return ts.factory.createStringLiteral(node.text.replace(/\.ts$/, ".js"));
    }
    return ts.visitEachChild(node, visit, context);
  }
  return {
    transformSourceFile: (file) => ts.visitEachChild(file, visit, context),
    transformBundle: (bundle) => bundle,
  };
}

function format(problems: readonly ts.Diagnostic[], root: string): string {
  return ts.formatDiagnostics(problems, {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  });
}
