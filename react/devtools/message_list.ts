import type { AnyMessage } from "../view_state.ts";
import { element, type PageElement } from "./dom.ts";
import { compactJson, fullJson, timeOfDay } from "./format.ts";

/** The list of a subscription's last messages, newest first. Rows stay as they are while others come and go. */
export class MessageList {
  readonly element: PageElement = element("ol", {
    class: "messages",
    "aria-label": "Last messages, newest first",
    tabindex: "0",
  });
  readonly #rows = new Map<AnyMessage, PageElement>();

  /** Shows messages, given oldest first. */
  update(messages: readonly AnyMessage[]): void {
    const shown = new Set(messages);
    for (const [message, row] of this.#rows) {
      if (shown.has(message)) continue;
      row.remove();
      this.#rows.delete(message);
    }
    for (const message of messages) {
      if (this.#rows.has(message)) continue;
      const row = messageRow(message);
      this.#rows.set(message, row);
      this.element.prepend(row);
    }
    this.element.hidden = messages.length === 0;
  }
}

/** Makes the row of a message: a line, which opens to its id and data. */
function messageRow(message: AnyMessage): PageElement {
  const { topic, kind, data, id, createdAt } = message;
  const json = element("pre");
  const details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("time", {}, createdAt ? timeOfDay(createdAt) : ""),
      element("b", {}, topic),
      kind === "data" ? "" : element("i", {}, kind),
      element("code", {}, compactJson(data)),
    ),
    element("p", { class: "id" }, id),
    json,
  );
  details.addEventListener("toggle", () => {
    // The whole JSON of a message that nobody opens is not made.
    json.textContent ||= fullJson(data);
  });
  return element("li", {}, details);
}
