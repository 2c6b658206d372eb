import type { MemoryBrokerOptions } from "../memory.ts";
import type { Synchronous } from "./url.ts";

/** Options of a SQLite broker. */
export interface SqliteBrokerOptions extends Omit<MemoryBrokerOptions, "now"> {
  /** The path of the database. The file is created if it is missing, its folder is not. */
  path: string;
  /**
   * When a message counts as published: `"full"` when it is on the disk, `"normal"` when the operating system has it. With the latter a
   * power cut may lose the newest messages that were acknowledged; the end of the process loses none.
   *
   * @default {"full"}
   */
  synchronous?: Synchronous | undefined;
  /**
   * Bytes of the file; its write-ahead log adds 16 MB at most. Beyond them the messages that were published first are deleted, whatever their
   * channel. Where even without them too little is left, keys go, then channels that nobody follows.
   *
   * @default {no limit}
   */
  storageBudget?: number | undefined;
}

/** The names of the options that are numbers. */
type NumberName = Exclude<keyof SqliteBrokerOptions, "path" | "synchronous">;

/**
 * Returns an option that is a whole number.
 *
 * @throws {RangeError} For any other number.
 */
export function whole(
  options: SqliteBrokerOptions,
  name: NumberName,
  fallback: number,
): number {
  const value = options[name];
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(
    `Cannot open a SQLite broker: "${name}" is ${value}, it must be a positive whole number`,
  );
}
