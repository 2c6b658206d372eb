const MIB = 1024 * 1024;

/** Formats bytes as whole MiB. */
export function mib(bytes: number): string {
  return `${Math.round(bytes / MIB).toLocaleString("en")} MiB`;
}

/** Formats milliseconds as seconds with one digit. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Formats a share as percent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
