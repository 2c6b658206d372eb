/** @import { ChannelAnswer } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
/** @import { Column } from "../parts/table.js" */
import { readChannels } from "../parts/admin_api.js";
import { formatAgo, formatBytes, formatNumber } from "../parts/format.js";
import { listFrame, searchField } from "../parts/list_frame.js";
import { ListRoom } from "../parts/list_room.js";
import { onPause } from "../parts/search.js";
import { formatRate, openChannel } from "./detail.js";

/** @type {readonly Column<ChannelAnswer>[]} */
const COLUMNS = [
  {
    title: "Channel",
    className: "wide mono",
    text: ({ name }) => name,
    sort: "name",
  },
  {
    title: "Topics",
    className: "wide minor",
    text: ({ topics }) => topics.map(({ name }) => name).join(", "),
  },
  {
    title: "Subscribers",
    className: "number",
    text: ({ subscribers }) => formatNumber(subscribers),
    sort: "subscribers",
  },
  {
    title: "Rate",
    className: "number",
    text: ({ rate }) => formatRate(rate),
    tone: ({ rate }) => rate > 0 ? "good" : "",
    sort: "rate",
  },
  {
    title: "Last message",
    className: "middle minor",
    text: ({ last_message: last }) =>
      last ? `${last.created_at ? formatAgo(last.created_at) : last.id}` : "–",
  },
  {
    title: "Log",
    className: "middle minor number",
    text: ({ log }) =>
      log ? `${formatNumber(log.messages)} / ${formatBytes(log.bytes)}` : "–",
  },
];

/**
 * Makes the room with the channels in use.
 *
 * @param {RoomHost} host
 */
export function channelsRoom(host) {
  const search = searchField("channels-search", "Search channels", "Search");
  // The list is sorted and searched by these. The field may have more letters already, which are still being typed.
  let sort = "rate";
  let searched = "";
  /** @type {ListRoom<ChannelAnswer>} */
  const room = new ListRoom({
    frame: listFrame({
      name: "channels",
      title: "Channels",
      tools: [search],
      lead: "No channel is in use.",
      hint:
        "A channel shows here while a connection follows it, and for five minutes after its last message.",
      noMatch: "No channel’s name contains this.",
    }),
    label: "Channels in use",
    thing: "channel",
    columns: COLUMNS,
    keyOf: ({ name }) => name,
    open: ({ name }) => openChannel(host, name),
    read: async (after, limit) => {
      const query = { sort, search: searched, after, limit };
      const { channels, total, next, gateways } = await readChannels(query);
      return { rows: channels, total, next, gateways };
    },
    isSearched: () => searched !== "",
    sorted: (wanted) => {
      sort = wanted;
      room.restart(sort);
    },
    changed: (state) => host.changed("channels", state),
    gateways: host.gateways,
  });
  onPause(search, () => {
    searched = search.value;
    room.restart();
  });
  room.restart(sort);
  return room;
}
