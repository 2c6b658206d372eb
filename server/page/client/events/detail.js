/** @import { EventAnswer } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
import { el } from "../parts/dom.js";
import { openSession } from "../connections/detail.js";

/**
 * Opens the drawer with every field of an event.
 *
 * @param {RoomHost} host
 * @param {EventAnswer} event
 * @param {string} text
 */
export function openEvent(host, event, text) {
  const { event: name, time, ...fields } = event;
  host.drawer.open({
    kind: "Event",
    title: name,
    content: {
      facts: [
        ["Details", text],
        ["time", new Date(time).toLocaleString()],
        ...Object.entries(fields).map((
          [label, value],
        ) => /** @type {const} */ ([label, valueText(value)])),
      ],
    },
    actions: actionsFor(host, event),
  });
}

/** @param {unknown} value */
function valueText(value) {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * @param {RoomHost} host
 * @param {EventAnswer} event
 * @returns {HTMLElement[]}
 */
function actionsFor(host, event) {
  const session = "session" in event ? event.session : undefined;
  const subject = "subject" in event ? event.subject : undefined;
  /** @type {HTMLElement[]} */
  const actions = [];
  if (session !== undefined) {
    const open = el("button", "", "Its connection");
    open.addEventListener("click", () => {
      openSession(host, { id: session, ...(subject && { subject }) }, () => {});
    });
    actions.push(open);
  }
  if (subject !== undefined) {
    const check = el("button", "", "Check this subject");
    check.addEventListener("click", () => {
      host.drawer.close();
      host.check(subject);
    });
    actions.push(check);
  }
  return actions;
}
