import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "../root.ts";

/** A section of a document that leads from an empty folder to an app that runs. */
export interface Walkthrough {
  /** The texts of the files that the reader copies, by their paths in the app's folder. */
  readonly files: Readonly<Record<string, string>>;
  /** The blocks of commands that the reader runs, in their order. */
  readonly commands: readonly string[];
}

/** A file's first line names it, in a comment of its language. */
const FILE_NAME = /^(?:\/\/|\/\*|<!--) (\S+\.\w+)(?: \*\/| -->)?$/;

/** A block of code, with its language and text. */
const BLOCK = /^```(\w*)\n([^]*?)^```$/gm;

/**
 * Reads a section of a document.
 *
 * @param path The document's path from the project's folder.
 * @param heading The text of the section's heading. The section ends at the next heading of its level or above.
 * @throws {Error} When the document has no such section, or a block of code neither names its file nor has commands (`sh`).
 */
export function readWalkthrough(path: string, heading: string): Walkthrough {
  const text = readFileSync(join(ROOT, path), "utf8");
  return parseWalkthrough(sectionOf(text, heading));
}

/** Reads the blocks of code of a text; see {@linkcode readWalkthrough}. */
export function parseWalkthrough(text: string): Walkthrough {
  const files: Record<string, string> = {};
  const commands: string[] = [];
  for (const [block, language, source = ""] of text.matchAll(BLOCK)) {
    const [, name] = FILE_NAME.exec(source.split("\n")[0] ?? "") ?? [];
    if (name !== undefined) files[name] = source;
    else if (language === "sh") commands.push(source);
    else throw new Error(`Cannot read a block: it names no file:\n${block}`);
  }
  return { files, commands };
}

/** Writes the files of a walkthrough into the app's folder. */
export async function writeFiles(
  { files }: Walkthrough,
  folder: string,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/**
 * Returns the part of a text below a heading.
 *
 * @throws {Error} When there is no such heading.
 */
export function sectionOf(text: string, heading: string): string {
  // Comments in blocks of code look like headings, so the blocks are passed over.
  const lines = /^```[^]*?^```$|^(#+) (.+)$/gm;
  let start: number | undefined;
  let level = 0;
  for (const { 0: line, 1: marks, 2: title, index } of text.matchAll(lines)) {
    if (marks === undefined) continue;
    if (start !== undefined && marks.length <= level) {
      return text.slice(start, index);
    }
    if (start === undefined && title === heading) {
      start = index + line.length;
      level = marks.length;
    }
  }
  if (start === undefined) {
    throw new Error(`Cannot find a section: there is no heading "${heading}"`);
  }
  return text.slice(start);
}
