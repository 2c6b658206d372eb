/** @import { SessionAnswer } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
/** @import { Column } from "../parts/table.js" */
import { readSessions } from "../parts/admin_api.js";
import { formatAge, formatBytes } from "../parts/format.js";
import { listFrame, searchField } from "../parts/list_frame.js";
import { ListRoom } from "../parts/list_room.js";
import { onPause } from "../parts/search.js";
import { openSession } from "./detail.js";
import { behindText, STATES, transportText } from "./words.js";

/** @type {readonly Column<SessionAnswer>[]} */
const COLUMNS = [
  {
    title: "Subject",
    className: "wide",
    text: ({ subject, id }) => subject ?? `no subject, …${id.slice(-6)}`,
    tone: ({ subject }) => subject === undefined ? "dim" : "",
  },
  {
    title: "State",
    className: "middle",
    text: ({ state }) => STATES[state].text,
    tone: ({ state }) => STATES[state].tone,
  },
  {
    title: "Channels",
    className: "wide minor mono",
    text: channelsText,
  },
  {
    title: "Transport",
    className: "middle minor",
    text: transportText,
  },
  {
    title: "Behind",
    className: "number",
    text: behindText,
    tone: ({ behind }) => behind > 0 ? "bad" : "",
  },
  {
    title: "Queue",
    className: "number minor",
    text: ({ queued_bytes: bytes }) => bytes === 0 ? "–" : formatBytes(bytes),
    tone: ({ queued_bytes: bytes }) => bytes > 65_536 ? "bad" : "",
  },
  {
    title: "Open for",
    className: "number minor",
    text: ({ since }) => formatAge(Date.now() - Date.parse(since)),
  },
  {
    title: "Last reason",
    className: "wide minor",
    text: ({ last_reason: reason }) => reason ?? "–",
    tone: ({ last_reason: reason }) => reason === undefined ? "" : "bad",
  },
];

/**
 * Makes the room with the open connections.
 *
 * @param {RoomHost} host
 */
export function connectionsRoom(host) {
  const subject = searchField("connections-subject", "Subject", "Subject");
  const channel = searchField("connections-channel", "Channel", "Channel");
  // The list is searched by these. The fields may have more letters already, which are still being typed.
  let searched = { channel: "", subject: "" };
  function restart() {
    searched = { channel: channel.value, subject: subject.value };
    room.restart();
  }
  /** @type {ListRoom<SessionAnswer>} */
  const room = new ListRoom({
    frame: listFrame({
      name: "connections",
      title: "Connections",
      tools: [subject, channel],
      lead: "No client is connected.",
      hint:
        "Is one missing that should be here? “Check a client” says whether the gateway refused it, and why.",
      noMatch:
        "No connection matches. The subject and the channel are compared as a whole.",
    }),
    label: "Open connections, the newest first",
    thing: "connection",
    columns: COLUMNS,
    keyOf: ({ id }) => id,
    open: (session) => openSession(host, session, () => room.retry()),
    read: async (after, limit) => {
      const { sessions, total, next, gateways } = await readSessions({
        ...searched,
        after,
        limit,
      });
      return { rows: sessions, total, next, gateways };
    },
    isSearched: () => searched.subject !== "" || searched.channel !== "",
    changed: (state) => host.changed("connections", state),
    gateways: host.gateways,
  });
  for (const input of [subject, channel]) onPause(input, restart);

  return Object.assign(room, {
    /**
     * Narrows the list.
     *
     * @param {{ channel?: string, subject?: string }} wanted
     */
    find(wanted) {
      channel.value = wanted.channel ?? "";
      subject.value = wanted.subject ?? "";
      restart();
    },
  });
}

/** @param {SessionAnswer} session */
function channelsText({ subscriptions, subscription_count: count }) {
  if (count === 0) return "–";
  const names = subscriptions.map(({ channel }) => channel).join(", ");
  const more = count - subscriptions.length;
  return more > 0 ? `${names} and ${more} more` : names;
}
