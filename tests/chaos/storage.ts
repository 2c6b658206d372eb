import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultyDisk } from "../support/disk/faulty_disk.ts";
import type { Trial } from "./fault.ts";

/** The place in which the single gateways of a trial keep their log: the memory, or a file that the next gateway opens again. */
export interface Storage extends AsyncDisposable {
  /** The arguments of the gateways' command lines. */
  readonly flags: readonly string[];
  /** The environment variables of the gateways. */
  readonly env: Readonly<Record<string, string>>;
  /** The disk of the file, where it can fail. */
  readonly disk: FaultyDisk | undefined;
  /** The path of the database; `undefined` in memory. */
  readonly path: string | undefined;
}

/** How the disk of a file can fail. */
export interface DiskOptions {
  readonly isFaulty?: boolean;
  /** Whether what was not synced can be lost with the power. */
  readonly canLosePower?: boolean;
}

/**
 * Makes the storage of a trial. Disposing of it deletes its files.
 */
export async function makeStorage(
  { broker = "memory" }: Trial,
  { isFaulty = false, canLosePower = false }: DiskOptions = {},
): Promise<Storage> {
  if (broker === "memory") {
    return { ...noFile, flags: [], env: {} };
  }
  const disk = isFaulty || canLosePower
    ? await FaultyDisk.create(canLosePower)
    : undefined;
  const folder = disk?.folder ??
    await mkdtemp(join(tmpdir(), "tidings-chaos-"));
  const path = join(folder, "tidings.db");
  return {
    flags: ["--broker", `sqlite:${path}`],
    env: disk?.env ?? {},
    disk,
    path,
    async [Symbol.asyncDispose]() {
      if (disk) await disk[Symbol.asyncDispose]();
      else await rm(folder, { recursive: true, force: true });
    },
  };
}

const noFile = {
  disk: undefined,
  path: undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
