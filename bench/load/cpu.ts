import { readFileSync } from "node:fs";

/** Milliseconds of a tick of `/proc`: 100 a second on every Linux. */
const TICK_MS = 10;

/** The CPU time that one or more processes spent with all of their threads, in milliseconds; 0 where the system doesn't tell. */
export function cpuMs(pids: number | readonly number[]): number {
  return [pids].flat().reduce((sum, pid) => sum + cpuOf(pid), 0);
}

function cpuOf(pid: number): number {
  const fields = stat(pid).split(") ").at(-1)?.split(" ") ?? [];
  // utime and stime, fields 14 and 15 of which the first two are cut off.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

function stat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    // No Linux, or it ended.
    return "";
  }
}
