import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Open files that a process needs besides the sockets of a fault. */
const OTHER_FILES = 500;

/** The bytes that a kernel with default settings buffers for a loopback connection. */
const UNREAD_BYTES = 4.5 * 1024 * 1024;

/** Returns the wanted number of sockets, or as many as a process may have on this machine. */
export function socketsWithin(wanted: number): number {
  // Runtimes raise the soft limit to the hard one.
  const limit = Number(execFileSync("sh", ["-c", "ulimit -Hn"]).toString());
  return Number.isNaN(limit)
    ? wanted
    : Math.min(wanted, Math.max(2, limit - OTHER_FILES));
}

/** Returns the wanted number of unread sockets, or as many as the kernel has memory for before it slows down every connection. */
export function unreadWithin(wanted: number): number {
  const [, pressure] = readNumbers("tcp_mem");
  return pressure === undefined
    ? wanted
    : Math.min(wanted, Math.floor(pressure * 4096 / kernelBytes()));
}

/** Returns how many bytes the kernel buffers for a socket that is not read, on both ends. */
export function kernelBytes(): number {
  const [, , most] = readNumbers("tcp_wmem");
  // With small buffers the receiving end holds about as much as the sending end.
  return most === undefined || most > 1024 * 1024 ? UNREAD_BYTES : 2 * most;
}

function readNumbers(name: string): number[] {
  try {
    return readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim()
      .split(/\s+/).map(Number);
  } catch {
    // Only Linux has these settings; elsewhere nothing is limited.
    return [];
  }
}
