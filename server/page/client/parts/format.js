const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const count = new Intl.NumberFormat("en");

/**
 * Formats a time of day, to the millisecond.
 *
 * @param {number | Date} time
 */
export function formatTime(time) {
  return clock.format(time);
}

/**
 * Formats a number with its noun: `1 message`, `1,204 messages`.
 *
 * @param {number} n
 * @param {string} thing
 */
export function formatCount(n, thing) {
  return `${count.format(n)} ${thing}${n === 1 ? "" : "s"}`;
}

/**
 * Formats a time span: `0.8 ms`, `12 ms`, `1.4 s`, `3 min`.
 *
 * @param {number} ms
 */
export function formatSpan(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/**
 * Splits an id into epoch and offset.
 *
 * @param {string} id
 */
export function splitId(id) {
  const dash = id.lastIndexOf("-");
  return { epoch: id.slice(0, dash), offset: id.slice(dash + 1) };
}

/**
 * Returns the number of a topic's color, one of eight and always the same for a name.
 *
 * @param {string} name
 */
export function hueOf(name) {
  let hash = 0;
  for (const letter of name) {
    hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash % 8;
}

/**
 * Formats a number with separators: `1,204`.
 *
 * @param {number} n
 */
export function formatNumber(n) {
  return count.format(n);
}

/**
 * Formats a size: `0 B`, `812 B`, `3.4 KiB`, `12 MiB`.
 *
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let size = bytes;
  while (size >= 1024 && units.length > 1) {
    size /= 1024;
    units.shift();
  }
  const digits = bytes < 1024 || size >= 10 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[0]}`;
}

/**
 * Formats a time as a span until or since: `now`, `12 s`, `5 min`, `3 h`, `2 d`.
 *
 * @param {number} ms
 */
export function formatAge(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 1) return "now";
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/**
 * Formats how long ago something was: `now`, `12 s ago`. The clocks of the gateway and of this machine may differ a little.
 *
 * @param {string} time RFC 3339
 */
export function formatAgo(time) {
  const age = formatAge(Math.max(0, Date.now() - Date.parse(time)));
  return age === "now" ? "now" : `${age} ago`;
}
