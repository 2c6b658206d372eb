import { requireProgram } from "../peers/missing.ts";

/** The disk that servers write to: the machine's own, or the same one with an `fdatasync` that takes as long as on a real disk. */
export type Disk = "own" | "played";

/** The name of the row of an append and its `fdatasync`, without any server. */
export const BARE_DISK = "bare append and fdatasync";

/** An `fdatasync` that takes less, in milliseconds, didn't wait for a disk: the layer below a virtual one keeps what was written in memory. */
export const LEAST_FLUSH_MS = 0.5;

/** How long the played disk takes at least for an `fsync` or `fdatasync`, in milliseconds. */
export const PLAYED_MS = 3;

/** The names of the disks in tables. */
export const DISK_NAMES: Readonly<Record<Disk, string>> = {
  own: "this machine's disk",
  played: `a disk whose fdatasync takes ${PLAYED_MS} ms`,
};

/**
 * Returns the command that runs a program on a disk. The played one is strace's: it holds back the return of both system calls in every
 * thread, and a filter in the kernel keeps it away from all others. It reaches programs that don't call them through the C library,
 * such as those written in Go. The tracer is a child of the program, which so keeps its process id.
 *
 * @throws {Missing} When the machine has no strace.
 */
export function onDisk(disk: Disk, command: readonly string[]): string[] {
  if (disk === "own") return [...command];
  requireProgram("strace", ["--version"]);
  const delay = `fsync,fdatasync:delay_exit=${PLAYED_MS * 1000}`;
  return [
    ...["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null"],
    ...["-e", "trace=fsync,fdatasync", "-e", `inject=${delay}`],
    ...command,
  ];
}
