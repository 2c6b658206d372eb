import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * Adds the `process_*` metrics under the names that all clients of Prometheus use. `collectDefaultMetrics` of prom-client would add
 * `nodejs_*` as well, with an observer of each garbage collection and a timer of 10 ms, and would count CPU from the first scrape on.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  const seconds = {
    process_cpu_user_seconds_total: () => process.cpuUsage().user / 1e6,
    process_cpu_system_seconds_total: () => process.cpuUsage().system / 1e6,
    process_cpu_seconds_total(): number {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  };
  for (const [name, read] of Object.entries(seconds)) {
    new Counter({
      name,
      help: CPU_HELP,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  const numbers: Readonly<
    Record<string, readonly [help: string, read: () => number | undefined]>
  > = {
    process_start_time_seconds: [
      "When the process started, in seconds since 1970.",
      () => startedAt,
    ],
    process_resident_memory_bytes: [
      "Resident memory.",
      () => process.memoryUsage().rss,
    ],
    process_virtual_memory_bytes: [
      "Virtual memory; on Linux.",
      () => statusBytes("VmSize"),
    ],
    process_heap_bytes: [
      "Size of the data segment; on Linux.",
      () => statusBytes("VmData"),
    ],
    process_open_fds: ["Open file descriptors; on Linux.", openFiles],
    process_max_fds: [
      "How many file descriptors may be open; on Linux.",
      maxOpenFiles,
    ],
  };
  for (const [name, [help, read]] of Object.entries(numbers)) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}

const CPU_HELP = "CPU time of the process.";

/** Reads a number of KiB from the process's status. */
function statusBytes(name: string): number | undefined {
  const status = readProc(() => readFileSync("/proc/self/status", "utf8"));
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m")
    .exec(status ?? "") ?? [];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

function openFiles(): number | undefined {
  // The reading itself has the folder open.
  const files = readProc(() => readdirSync("/proc/self/fd").length);
  return files === undefined ? undefined : files - 1;
}

function maxOpenFiles(): number | undefined {
  const limits = readProc(() => readFileSync("/proc/self/limits", "utf8"));
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits ?? "") ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** Reads from `/proc`; returns `undefined` on a system that has none, and where Deno may not read it. */
function readProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
