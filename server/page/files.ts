import { readFile } from "node:fs/promises";
import { RealtimeError } from "../../core/protocol/errors.ts";

/** A file of the page. */
export interface PageFile {
  readonly text: string;
  /** The media type. */
  readonly type: string;
}

/** Matches the paths of files that the page loads, which are in its folder or one below. No match leads out of it. */
export const PAGE_FILE: RegExp = /(?:[a-z]+\/)?[a-z_]+\.(?:css|js|svg)/;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * Reads a file of the page; returns `undefined` where there is no file of that name.
 *
 * Browsers run the files as they are, without a build. The files are next to this module: in a folder, or on the server that Deno
 * loaded the module from. (An import of them as text would not need the second case, but Node can't do it yet and JSR refuses it.)
 *
 * @param name The file's path in the folder.
 * @param folder The URL of the folder that it is in.
 * @throws {RealtimeError} `unavailable` when the module's server doesn't answer.
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

/** Loads a file once: the files of a published version don't change. */
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
