import ts from "typescript";

/** The names of types whose objects callers write. */
const INPUT = /(?:Options|Config|Input|Target)$/;

/**
 * Returns the optional fields of a module's exported options that don't accept `undefined`, as `Options.field`. Such a field is an error
 * for a caller whose value may be missing, where `exactOptionalPropertyTypes` is on.
 */
export function exactFields(source: string): string[] {
  const file = ts.createSourceFile(
    "module.ts",
    source,
    ts.ScriptTarget.Latest,
  );
  const found: string[] = [];

  function visit(node: ts.Node, owner: string): void {
    const isExact = ts.isPropertySignature(node) &&
      node.questionToken !== undefined && !acceptsUndefined(node.type);
    if (isExact) found.push(`${owner}.${node.name.getText(file)}`);
    ts.forEachChild(node, (child) => visit(child, owner));
  }

  for (const statement of file.statements) visitStatement(statement);
  return found;

  function visitStatement(node: ts.Node): void {
    if (ts.isModuleDeclaration(node)) {
      ts.forEachChild(node, visitStatement);
    } else if (ts.isModuleBlock(node)) {
      node.statements.forEach(visitStatement);
    } else if (
      (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) &&
      INPUT.test(node.name.text) && isExported(node)
    ) {
      visit(node, node.name.text);
    }
  }
}

function isExported(node: ts.DeclarationStatement): boolean {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) !== 0;
}

function acceptsUndefined(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return true;
  if (ts.isUnionTypeNode(type)) return type.types.some(acceptsUndefined);
  return type.kind === ts.SyntaxKind.UndefinedKeyword ||
    type.kind === ts.SyntaxKind.UnknownKeyword;
}
