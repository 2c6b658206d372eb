import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Files that a process needs besides the sockets of a fault. */
const OTHER_FILES = 500;

/** What the kernel takes on loopback as it is set up by default. */
const UNREAD_BYTES = 4.5 * 1024 * 1024;

/** As many sockets as wanted, or as one process may have here. */
export function socketsWithin(wanted: number): number {
  // Runtimes raise the soft limit to the hard one.
  const limit = Number(execFileSync("sh", ["-c", "ulimit -Hn"]).toString());
  return Number.isNaN(limit)
    ? wanted
    : Math.min(wanted, Math.max(2, limit - OTHER_FILES));
}

/** As many unread sockets as wanted, or as the kernel has memory for before it slows down every connection of the machine. */
export function unreadWithin(wanted: number): number {
  const [, pressure] = readNumbers("tcp_mem");
  return pressure === undefined
    ? wanted
    : Math.min(wanted, Math.floor(pressure * 4096 / kernelBytes()));
}

/** How much of what is sent to a socket that nobody reads the kernel takes, on both ends. */
export function kernelBytes(): number {
  const [, , most] = readNumbers("tcp_wmem");
  // Where the buffers were made small, what the other side takes counts as much as what this one keeps.
  return most === undefined || most > 1024 * 1024 ? UNREAD_BYTES : 2 * most;
}

function readNumbers(name: string): number[] {
  try {
    return readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim()
      .split(/\s+/).map(Number);
  } catch {
    // No Linux: nothing is known, and nothing is limited.
    return [];
  }
}
