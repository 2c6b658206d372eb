import { readFileSync } from "node:fs";

/** Milliseconds of a tick of `/proc`: 100 a second on every Linux. */
const TICK_MS = 10;

/** The CPU time that a process spent with all of its threads, in milliseconds; 0 where the system doesn't tell. */
export function cpuMs(pid: number): number {
  const fields = proc(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  // utime and stime, fields 14 and 15 of which the first two are cut off.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

/** The memory that a process occupies, in bytes; 0 where the system doesn't tell. */
export function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(proc(pid, "status")) ?? [];
  return Number(kib ?? 0) * 1024;
}

function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // No Linux, or it ended.
    return "";
  }
}
