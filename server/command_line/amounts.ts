/** Formats a whole number: `1,234`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;

/** Formats bytes with one digit behind the point, as `1.5 MiB`, or less than 1 KiB as `512 B`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.floor(Math.log2(bytes) / 10);
  const index = Math.min(power, UNITS.length);
  return `${(bytes / 1024 ** index).toFixed(1)} ${UNITS[index - 1]}`;
}

/** Formats a time of milliseconds since 1970 in UTC: `2026-11-27 13:54:07`, or without the seconds. */
export function formatTime(
  at: number,
  precision: "minutes" | "seconds" = "seconds",
): string {
  const length = precision === "minutes" ? 16 : 19;
  return new Date(at).toISOString().slice(0, length).replace("T", " ");
}
