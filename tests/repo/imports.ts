import { posix } from "node:path";

/** The files of a project, each with the files that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const COMMENTS = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;
const SPECIFIER = /(?:\bfrom|\bimport|\bimport\()\s*["'](\.[^"']*)["']/g;

/**
 * Returns the import graph of source files. Type-only imports, re-exports and dynamic imports count as well.
 *
 * @param sources The files' texts, by their paths.
 */
export function importGraph(sources: ReadonlyMap<string, string>): ImportGraph {
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const targets = new Set<string>();
    const code = source.replaceAll(COMMENTS, "");
    for (const [, specifier = ""] of code.matchAll(SPECIFIER)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (sources.has(target)) targets.add(target);
    }
    graph.set(path, [...targets].sort());
  }
  return graph;
}

/** Returns the circles of an import graph: its strongly connected components of two files or more, found by Tarjan's algorithm. */
export function circlesOf(graph: ImportGraph): string[][] {
  const circles: string[][] = [];
  const indexes = new Map<string, number>();
  const stack: string[] = [];

  function visit(file: string): number {
    const index = indexes.size;
    indexes.set(file, index);
    let low = index;
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      const seen = indexes.get(target);
      if (seen === undefined) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, seen);
    }
    if (low === index) {
      const component = stack.splice(stack.indexOf(file));
      if (component.length > 1) circles.push(component.sort());
    }
    return low;
  }

  for (const file of graph.keys()) {
    if (!indexes.has(file)) visit(file);
  }
  return circles.sort();
}
