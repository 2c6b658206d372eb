/** @import { ChannelDetail } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
/** @import { DrawerContent } from "../parts/drawer.js" */
import { readChannel } from "../parts/admin_api.js";
import { el } from "../parts/dom.js";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatNumber,
} from "../parts/format.js";

/** Topics that the page watches of a channel: a token has 128 at most. */
const MAX_TOPICS = 100;

/**
 * Formats messages per second.
 *
 * @param {number} rate
 * @returns {string}
 */
export function formatRate(rate) {
  if (rate === 0) return "–";
  return `${rate < 10 ? rate.toFixed(1) : formatNumber(Math.round(rate))}/s`;
}

/**
 * Opens the drawer with everything about a channel.
 *
 * @param {RoomHost} host
 * @param {string} name
 */
export function openChannel(host, name) {
  /** @type {readonly string[]} */
  let topics = [];
  const watch = el("button", "", "Watch it");
  watch.addEventListener("click", () => {
    host.drawer.close();
    host.watch(name, topics.slice(0, MAX_TOPICS));
  });
  const connections = el("button", "", "Its connections");
  connections.addEventListener("click", () => {
    host.drawer.close();
    host.findConnections({ channel: name });
  });
  host.drawer.open({
    kind: "Channel",
    title: name,
    load: async () => {
      const channel = await readChannel(name);
      topics = channel.topics.map((topic) => topic.name);
      return contentOf(channel);
    },
    actions: [watch, connections],
  });
}

/**
 * @param {ChannelDetail} channel
 * @returns {DrawerContent}
 */
function contentOf({ subscribers, rate, log, last_message: last, topics }) {
  return {
    facts: [
      ["Subscribers", formatNumber(subscribers)],
      [
        "Messages",
        rate > 0
          ? `${formatRate(rate)} over the last 10 seconds`
          : "none in the last 10 seconds",
      ],
      ["Last message", last && lastText(last)],
      [
        "Log",
        log &&
        `${formatCount(log.messages, "message")}, ${formatBytes(log.bytes)}`,
      ],
      ["Position", log?.position],
    ],
    listTitle: "Topics",
    columns: ["Topic", "Subscribers"],
    rows: topics.map(({ name, subscribers }) => [
      name,
      formatNumber(subscribers),
    ]),
  };
}

/** @param {NonNullable<ChannelDetail["last_message"]>} last */
function lastText({ id, topic, kind, created_at: time }) {
  const what = kind === "data" ? "" : ` (${kind})`;
  return `${id} on topic ${topic}${what}${time ? `, ${formatAgo(time)}` : ""}`;
}
