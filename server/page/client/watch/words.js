/** @import { Watched } from "./address.js" */

/**
 * Says what is watched.
 *
 * @param {Watched} watched
 */
export function watchingText({ channel, topics, from }) {
  if (channel === "") return "Watching all channels, from now on";
  return `Watching ${topics.join(", ")} on ${channel}, ${fromText(from)}`;
}

/** @param {string} from */
function fromText(from) {
  if (from === "live") return "from now on";
  if (from === "start") return "from the start of the log";
  return from.startsWith("last:")
    ? `from the last ${from.slice("last:".length)} on`
    : `from after ${from}`;
}

/**
 * Says how a reconnect went.
 *
 * @param {boolean} isReplayed Whether the source replays what was missed.
 * @param {boolean | undefined} recovered Whether it replayed everything.
 */
export function outcomeText(isReplayed, recovered) {
  if (!isReplayed) return "; what was published meanwhile doesn’t show here";
  return recovered ? ": nothing is missing" : "";
}
