/** The reasons for failures, by the texts of SQLite, which are the same on all runtimes; Deno gives no codes for some errors. */
const REASONS: ReadonlyArray<readonly [text: RegExp, reason: string]> = [
  [/disk is full/, "the disk is full"],
  [/disk I\/O error/, "the disk reported an error"],
  [/readonly database/, "it can't be written"],
  [/unable to open/, "its folder can't be written"],
  [/not a database|malformed/, "it is no intact SQLite database"],
  [/locked|busy/, "another process uses it"],
];

/** Returns why SQLite failed, as the end of a sentence about the file. */
export function reasonOf(error: unknown): string {
  const message = String(Object(error).message ?? error);
  const known = REASONS.find(([text]) => text.test(message));
  return known?.[1] ?? message;
}

/** Whether another connection has the lock. */
export function isLocked(error: unknown): boolean {
  return /locked|busy/.test(String(Object(error).message));
}

/** Whether a file is not a database, or a damaged one. */
export function isDamaged(error: unknown): boolean {
  return /not a database|malformed/.test(String(Object(error).message));
}
