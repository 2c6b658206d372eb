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
 * @returns {string}
 */
export function formatTime(time) {
  return clock.format(time);
}

/**
 * Formats a number with its noun: `1 message`, `1,204 messages`.
 *
 * @param {number} n
 * @param {string} thing
 * @returns {string}
 */
export function formatCount(n, thing) {
  return `${count.format(n)} ${thing}${n === 1 ? "" : "s"}`;
}

/**
 * Formats a time span: `0.8 ms`, `12 ms`, `1.4 s`, `3 min`.
 *
 * @param {number} ms
 * @returns {string}
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
 * @returns {{ epoch: string, offset: string }}
 */
export function splitId(id) {
  const dash = id.lastIndexOf("-");
  return { epoch: id.slice(0, dash), offset: id.slice(dash + 1) };
}

/**
 * Returns the number of a topic's color, one of eight and always the same for a name.
 *
 * @param {string} name
 * @returns {number}
 */
export function hueOf(name) {
  let hash = 0;
  for (const letter of name) {
    hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash % 8;
}
