/** The reasons for failures, by the texts of SQLite, which are the same on all runtimes; Deno gives no codes for some errors. */
const REASONS: ReadonlyArray<readonly [text: RegExp, reason: string]> = [
  [/disk is full/, "the disk is full"],
  [/disk I\/O error/, "the disk reported an error"],
  [/readonly database/, "it can't be written"],
  [/unable to open/, "its folder can't be written"],
  [/not a database|malformed/, "it is no intact SQLite database"],
  [/locked|busy/, "another process uses it"],
];

/** Returns why SQLite failed, as the end of a sentence about the file; `undefined` where only SQLite has words for it. */
export function knownReason(error: unknown): string | undefined {
  return REASONS.find(([text]) => text.test(textOf(error)))?.[1];
}

/** Returns why SQLite failed, for operators: in its own words where there are no others. */
export function reasonOf(error: unknown): string {
  return knownReason(error) ?? textOf(error);
}

/** Returns the text of an error. */
export function textOf(error: unknown): string {
  return String(Object(error).message ?? error);
}

/** Whether another connection has the lock. */
export function isLocked(error: unknown): boolean {
  return /locked|busy/.test(String(Object(error).message));
}

/** Whether a file is not a database, or a damaged one. */
export function isDamaged(error: unknown): boolean {
  return /not a database|malformed/.test(String(Object(error).message));
}
