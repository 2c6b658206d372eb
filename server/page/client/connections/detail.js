/** @import { SessionAnswer, SessionDetail } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
/** @import { DrawerContent } from "../parts/drawer.js" */
import { readSession } from "../parts/admin_api.js";
import { el } from "../parts/dom.js";
import { formatAgo, formatBytes } from "../parts/format.js";
import { disconnectButton } from "./disconnect.js";
import { behindText, STATES, transportText } from "./words.js";

/**
 * Opens the drawer with everything about a connection.
 *
 * @param {RoomHost} host
 * @param {Pick<SessionAnswer, "id" | "subject">} session
 * @param {() => void} ended Called when it was disconnected here.
 */
export function openSession(host, { id, subject }, ended) {
  const actions = [disconnectButton({ id, subject }, {
    done() {
      host.drawer.close();
      ended();
    },
    failed: (reason) => host.drawer.say(reason),
  })];
  if (subject !== undefined) {
    const check = el("button", "", "Check this subject");
    check.addEventListener("click", () => {
      host.drawer.close();
      host.check(subject);
    });
    actions.unshift(check);
  }
  host.drawer.open({
    kind: "Connection",
    title: subject ?? "no subject",
    load: async () => contentOf(await readSession(id)),
    actions,
  });
}

/**
 * @param {SessionDetail} session
 * @returns {DrawerContent}
 */
function contentOf(session) {
  const { state, since, last_ping: pinged, last_heard: heard } = session;
  return {
    facts: [
      ["State", STATES[state].text],
      ["Session", session.id],
      ["Transport", transportText(session)],
      [
        "Open since",
        `${new Date(since).toLocaleString()}, ${formatAgo(since)}`,
      ],
      ["Address", session.address],
      ["Origin", session.origin],
      ["Send queue", queueText(session.queued_bytes)],
      ["Last ping", pinged && formatAgo(pinged)],
      ["Last heard of", heard && formatAgo(heard)],
      ["Last reason", session.last_reason],
      ["Gateway", session.gateway],
    ],
    listTitle: "Subscriptions",
    columns: ["Channel", "Topics", "Position", "Behind"],
    rows: session.subscriptions.map((subscription) => [
      subscription.channel,
      subscription.topics.join(", "),
      subscription.position ?? "not begun",
      behindText(subscription),
    ]),
  };
}

/** @param {number} bytes */
function queueText(bytes) {
  return bytes === 0 ? "empty" : `${formatBytes(bytes)} wait for the client`;
}
