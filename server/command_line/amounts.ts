const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;

/** Formats bytes with one digit behind the point, as `1.5 MiB`, or less than 1 KiB as `512 B`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.floor(Math.log2(bytes) / 10);
  const index = Math.min(power, UNITS.length);
  return `${(bytes / 1024 ** index).toFixed(1)} ${UNITS[index - 1]}`;
}
