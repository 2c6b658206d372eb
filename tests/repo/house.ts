/**
 * Prints the files and lines of each folder, the longest files and the circles of imports.
 *
 * @module
 */

import { formatRows } from "../support/markdown.ts";
import { circlesOf, importGraph } from "./imports.ts";
import { wrongWays } from "./rooms.ts";
import { isProduct, readSources } from "./sources.ts";

const LONGEST = 5;

interface Size {
  readonly path: string;
  readonly lines: number;
}

/** Returns the folder that a file is listed under: two levels deep, or `.` for the files of the root. */
function folderOf(path: string): string {
  const parts = path.split("/").slice(0, -1);
  return parts.length === 0 ? "." : parts.slice(0, 2).join("/");
}

function rowOf(name: string, sizes: readonly Size[]): string[] {
  const sorted = sizes.map(({ lines }) => lines).sort((a, b) => a - b);
  const total = sorted.reduce((sum, lines) => sum + lines, 0);
  const numbers = [
    sizes.length,
    total,
    sorted[Math.floor(sorted.length / 2)] ?? 0,
    sorted.at(-1) ?? 0,
  ];
  return [name, ...numbers.map((value) => value.toLocaleString("en"))];
}

const sources = readSources();
const sizes = Array.from(sources, ([path, source]): Size => ({
  path,
  lines: source.trimEnd().split("\n").length,
}));
const product = sizes.filter(({ path }) => isProduct(path));
const rest = sizes.filter(({ path }) => !isProduct(path));
const folders = Map.groupBy(sizes, ({ path }) => folderOf(path));
console.log(formatRows([
  ["", "files", "lines", "median", "longest"],
  ...[...folders.keys()].sort().map((folder) =>
    rowOf(folder, folders.get(folder) ?? [])
  ),
  rowOf("product", product),
  rowOf("all else", rest),
]));
console.log("\nLongest files of the product:");
for (
  const { path, lines } of product.sort((a, b) => b.lines - a.lines)
    .slice(0, LONGEST)
) console.log(`${lines} ${path}`);

const graph = importGraph(sources);
const circles = circlesOf(graph);
const wrong = wrongWays(graph);
console.log(`\n${circles.length} circles of imports`);
for (const circle of circles) console.log(`- ${circle.join(" ")}`);
console.log(`${wrong.length} imports of a higher room`);
for (const line of wrong) console.log(`- ${line}`);
