import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LineProcess } from "../line_process.ts";
import { DataFolder } from "./data_folder.ts";
import { type Disk, onDisk } from "./disk.ts";

/** The time that an append and its `fdatasync` take, in milliseconds. */
export interface DiskReport {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A process that measures a disk without any server. */
export class BareDisk implements AsyncDisposable {
  readonly #process: LineProcess;
  readonly #folder: DataFolder;

  private constructor(process: LineProcess, folder: DataFolder) {
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts it.
   *
   * @throws {Missing} When the machine can't play the disk.
   */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    disk: Disk,
  ): Promise<BareDisk> {
    const folder = new DataFolder();
    const command = commandFor(programs, runtime, "bench/disks/main.ts");
    command.push(folder.path);
    const process = await LineProcess.start("The disk", onDisk(disk, command));
    return new BareDisk(process, folder);
  }

  /** Appends one after the other. */
  async append(times: number): Promise<DiskReport> {
    return JSON.parse(await this.#process.ask(String(times)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#folder.delete();
  }
}
