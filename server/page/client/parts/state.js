/** @import { ApiError } from "./request.js" */

/**
 * How a room of the page stands with the gateway.
 *
 * @typedef {{ name: "stopped" }} Stopped Nothing is asked for.
 * @typedef {{ name: "connecting" }} Connecting
 * @typedef {{ name: "live", recovered?: boolean | undefined }} Live What the room shows is up to date; `recovered` is that of a `ready` frame.
 * @typedef {{ name: "waiting", reason: string, until: number }} Waiting The gateway didn't answer, and is asked again at that time.
 * @typedef {{ name: "refused", error: ApiError }} Refused Another try would fail the same way.
 * @typedef {Stopped | Connecting | Live | Waiting | Refused} State
 */

const LONGEST_WAIT_MS = 5_000;
const SHORTEST_WAIT_MS = 250;

/**
 * Returns how long to wait before another try. The waits are short: few pages ask a gateway, so their tries need no spreading over minutes.
 *
 * @param {number} failures How many tries have failed before this one.
 * @returns {number} Milliseconds.
 */
export function waitMs(failures) {
  const limit = Math.min(LONGEST_WAIT_MS, 2 * SHORTEST_WAIT_MS * 2 ** failures);
  return SHORTEST_WAIT_MS + Math.random() * (limit - SHORTEST_WAIT_MS);
}
