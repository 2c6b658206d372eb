/** When a commit counts as done: on the disk (`full`), or in the memory of the operating system (`normal`). */
export type Synchronous = "full" | "normal";

/** The parts of the URL of a SQLite database. */
export interface SqliteTarget {
  /** The database's file. A relative path is relative to the working directory. */
  readonly path: string;
  readonly synchronous: Synchronous;
}

const SYNCHRONOUS: readonly Synchronous[] = ["full", "normal"];

const FORM = "sqlite:./tidings.db or sqlite:/var/lib/tidings/tidings.db";

/** Parses the URL of a SQLite database, such as `sqlite:./tidings.db?synchronous=normal`, or returns a text that says what is wrong. */
export function parseSqliteUrl(text: string): SqliteTarget | string {
  const match = /^sqlite:([^?#]*)(?:\?([^#]*))?$/.exec(text);
  const [, rest = "", query = ""] = match ?? [];
  if (!match || /[\p{Cc}]/u.test(rest)) {
    return `a SQLite URL has the form ${FORM}; "?", "#" and "%" in a path are written as %xx`;
  }
  if (rest.startsWith("//") && !rest.startsWith("///")) {
    return `a SQLite URL has no host: write ${FORM}`;
  }
  const path = decodePath(rest);
  if (path === undefined) {
    return "the path of the SQLite URL is not percent-encoded UTF-8";
  }
  if (/^\/*$|\/$/.test(path)) {
    return `a SQLite URL needs the path of a file: write ${FORM}`;
  }
  if (path === ":memory:") {
    return "a SQLite database in memory keeps nothing; use the broker memory";
  }
  const parameters = new URLSearchParams(query);
  if ([...parameters.keys()].some((name) => name !== "synchronous")) {
    return 'a SQLite URL has no other parameter than "synchronous"';
  }
  const asked = parameters.get("synchronous") ?? "full";
  const synchronous = SYNCHRONOUS.find((known) => known === asked);
  return synchronous === undefined
    ? '"synchronous" is full or normal'
    : { path, synchronous };
}

/** Returns the path in a URL; an empty host, as of `sqlite:///var/lib/tidings.db`, is left out. */
function decodePath(text: string): string | undefined {
  try {
    const path = decodeURIComponent(text.replace(/^\/\/(?=\/)/, ""));
    return path.includes("\0") ? undefined : path;
  } catch {
    // Not percent-encoded UTF-8: the caller reports it.
    return undefined;
  }
}
