/**
 * The subscription that the form shows and the page's address keeps.
 *
 * @typedef {object} Watched
 * @property {string} channel Empty for all channels.
 * @property {readonly string[]} topics
 * @property {string} from `live`, or a `since` of the wire: `start`, `last:10`, an id.
 */

/**
 * A first visit watches all channels, so that the first message shows wherever it is published.
 *
 * @type {Watched}
 */
const ALL_CHANNELS = { channel: "", topics: [], from: "live" };

/**
 * Reads the subscription from the page's address: `#channel=user:1&topic=ai&topic=logs&from=last:10`.
 *
 * @param {string} hash
 */
export function readAddress(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const channel = fields.get("channel");
  if (!channel) return ALL_CHANNELS;
  return {
    channel,
    topics: [...new Set(fields.getAll("topic"))],
    from: fields.get("from") || "live",
  };
}

/**
 * Writes the part of an address that {@linkcode readAddress} reads.
 *
 * @param {Watched} watched
 */
export function writeAddress({ channel, topics, from }) {
  if (channel === "") return "#room=watch";
  const fields = new URLSearchParams({ channel });
  for (const topic of topics) fields.append("topic", topic);
  if (from !== "live") fields.set("from", from);
  // A colon needs no escape, and most channels have one.
  return `#${fields.toString().replaceAll("%3A", ":")}`;
}

/**
 * Tells whether two subscriptions are equal.
 *
 * @param {Watched} a
 * @param {Watched} b
 */
export function isSame(a, b) {
  return writeAddress(a) === writeAddress(b);
}
