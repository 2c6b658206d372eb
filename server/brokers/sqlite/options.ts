import type { MemoryOptions } from "../history_options.ts";
import type { Synchronous } from "./url.ts";

/** Options of a SQLite broker. */
export interface SqliteBrokerOptions extends MemoryOptions {
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
