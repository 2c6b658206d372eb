import { readFile } from "node:fs/promises";
import { RealtimeError } from "../../core/protocol/errors.ts";

/** A file of the page. */
export interface PageFile {
  readonly text: string;
  /** Its media type. */
  readonly type: string;
}

/** The names of what the page loads: none leads out of its folder. */
export const PAGE_FILE: RegExp = /[a-z_]+\.(?:css|js|svg)/;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * Reads a file of the page, `undefined` where there is none of that name.
 *
 * The page is made of files as a browser takes them: what is read, checked and formatted here is what runs there,
 * without a build. They are found next to this module, wherever that is: in a folder, or on the server that Deno
 * loads the module from. (Importing them as text would spare the second case, but Node can't yet, and JSR refuses it.)
 *
 * @param name The file's name.
 * @param folder The URL of the folder that it is in.
 * @throws {RealtimeError} `unavailable` where the server of the module doesn't answer.
 */
export async function readPageFile(
  name: string,
  folder: URL = new URL("./client/", import.meta.url),
): Promise<PageFile | undefined> {
  const url = new URL(name, folder);
  const text = url.protocol === "file:"
    ? await readLocal(url)
    : await readRemote(url);
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
  if (text === undefined || type === undefined) return undefined;
  return { text, type };
}

async function readLocal(url: URL): Promise<string | undefined> {
  try {
    return await readFile(url, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

const loaded = new Map<string, string>();

/** Kept once loaded: the files of a published version don't change. */
async function readRemote(url: URL): Promise<string | undefined> {
  const known = loaded.get(url.href);
  if (known !== undefined) return known;
  try {
    const response = await fetch(url);
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`The answer is ${response.status}`);
    loaded.set(url.href, text);
    return text;
  } catch (cause) {
    throw new RealtimeError(
      "unavailable",
      `Cannot show the page: its files can't be loaded from ${url.host}`,
      { cause },
    );
  }
}
