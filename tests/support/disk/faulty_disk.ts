import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultyDiskLibrary } from "./faulty_disk_library.ts";

/** The faults, in the order of `enum fault` in faulty_disk.c. */
const DISK_FAULTS = [
  "ok",
  "full",
  "eio",
  "readonly",
  "slow",
  "hold",
  "die",
  "cut",
] as const;

/** The fields of the control file, in the order of `struct control` in faulty_disk.c. Each has 64 bits. */
const FIELDS = [
  "fault",
  "amount",
  "clockMs",
  "isRecording",
  "writes",
  "syncsBegun",
  "syncs",
  "refused",
] as const;

type Field = typeof FIELDS[number];

const FIELD_BYTES = BigInt64Array.BYTES_PER_ELEMENT;

/**
 * How a disk fails.
 *
 * - `ok`: it works.
 * - `full`: once its files have grown by `amount` bytes, nothing can grow and no file can be created (ENOSPC).
 * - `eio`: after `amount` more writes and syncs, each further one fails (EIO).
 * - `readonly`: writes, syncs and files that are opened for writing fail (EROFS).
 * - `slow`: each sync takes `amount` milliseconds longer.
 * - `hold`: a sync waits until the disk has another fault.
 * - `die`: the process is killed right after that many (`amount`) more writes and syncs.
 * - `cut`: the same, and what was written to a file since its last sync is lost, all of it or by chance a part. The disk must have been made
 *   with `canLosePower`.
 */
export type DiskFault = typeof DISK_FAULTS[number];

/** Counts of the operations of all processes on the files of a disk. */
export interface DiskCounts {
  /** Finished writes. */
  readonly writes: number;
  /** Syncs that have begun, those that still wait included. */
  readonly syncsBegun: number;
  /** Syncs after which the files were on disk. */
  readonly syncs: number;
  /** Operations that a fault has refused. */
  readonly refused: number;
}

/**
 * A folder whose files are on a disk that fails on command, as far as the processes see it that were started with {@linkcode FaultyDisk.env}.
 * Disposing of it deletes the folder.
 *
 * @example A disk that takes 3 ms to sync
 * ```ts ignore
 * await using disk = await FaultyDisk.create();
 * disk.set("slow", 3);
 * const gateway = spawn(program, [...args, "--broker", `sqlite:${disk.folder}/tidings.db`], {
 *   env: { ...process.env, ...disk.env },
 * });
 * ```
 */
export class FaultyDisk implements AsyncDisposable {
  /** The folder of the files. */
  readonly folder: string;
  /** The environment variables of a process that works on this disk. */
  readonly env: Readonly<Record<string, string>>;
  readonly #root: string;
  readonly #control: number;

  private constructor(
    root: string,
    folder: string,
    library: string,
    canLosePower: boolean,
  ) {
    const control = join(root, "control");
    this.#root = root;
    this.#control = openSync(control, "w+");
    this.folder = folder;
    this.env = {
      LD_PRELOAD: library,
      FAULTY_DISK_CONTROL: control,
      FAULTY_DISK_FOLDER: folder + "/",
    };
    for (const field of FIELDS) this.#write(field, 0);
    this.#write("isRecording", canLosePower ? 1 : 0);
  }

  /**
   * Makes a disk without a fault.
   *
   * @param canLosePower Whether unsynced writes can be lost, for which each of them is recorded in memory.
   * @throws {Error} Where there is no gcc for Linux.
   */
  static async create(canLosePower = false): Promise<FaultyDisk> {
    const library = faultyDiskLibrary();
    const root = await realpath(await mkdtemp(join(tmpdir(), "tidings-disk-")));
    const folder = await mkdtemp(join(root, "files-"));
    return new FaultyDisk(root, folder, library, canLosePower);
  }

  /** The operations so far. */
  get counts(): DiskCounts {
    return {
      writes: this.#read("writes"),
      syncsBegun: this.#read("syncsBegun"),
      syncs: this.#read("syncs"),
      refused: this.#read("refused"),
    };
  }

  /** How many writes and syncs are left until the faults `die`, `cut` and `eio`, or bytes until `full`. */
  get amount(): number {
    return this.#read("amount");
  }

  /** Gives the disk a fault, and ends the one of before. */
  set(fault: DiskFault, amount = 0): void {
    // Nobody may see the new fault with the old amount.
    this.#write("fault", DISK_FAULTS.indexOf("ok"));
    this.#write("amount", amount);
    this.#write("fault", DISK_FAULTS.indexOf(fault));
  }

  /** Shifts the wall clock of the processes by some milliseconds from the true time. */
  shiftClock(ms: number): void {
    this.#write("clockMs", ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#control);
    await rm(this.#root, { recursive: true, force: true });
  }

  #read(field: Field): number {
    const cell = new BigInt64Array(1);
    const at = FIELDS.indexOf(field) * FIELD_BYTES;
    readSync(this.#control, new Uint8Array(cell.buffer), 0, FIELD_BYTES, at);
    return Number(cell[0]);
  }

  #write(field: Field, value: number): void {
    const cell = new BigInt64Array([BigInt(value)]);
    const at = FIELDS.indexOf(field) * FIELD_BYTES;
    writeSync(this.#control, new Uint8Array(cell.buffer), 0, FIELD_BYTES, at);
  }
}
