/** @import { Watched } from "./address.js" */
import { byId, setText } from "../parts/dom.js";
import { IS_ADMIN_PAGE } from "../parts/key.js";
import { TopicsField } from "./topics.js";

/** @typedef {"channel" | "topics" | "from"} Field */

/** The form suggests this when one channel is chosen for the first time. */
const FIRST = { channel: "demo", topics: ["hello"] };

/** The form for what is watched: all channels, or one with its topics and the position to start from. */
export class WatchForm {
  #all = byId("watch-all", HTMLInputElement);
  #one = byId("watch-one", HTMLInputElement);
  #allHint = byId("watch-all-hint", HTMLElement);
  #fields = byId("watch-fields", HTMLElement);
  #channel = byId("channel", HTMLInputElement);
  #from = byId("from", HTMLSelectElement);
  #last = byId("last", HTMLInputElement);
  #lastField = byId("last-field", HTMLElement);
  #toggle = byId("toggle", HTMLButtonElement);
  #topicsInput = byId("topics", HTMLInputElement);
  #topics;

  /**
   * @param {object} listener
   * @param {() => void} listener.changed Called when the form has changed.
   * @param {() => void} listener.toggled Called when the button was pressed.
   */
  constructor({ changed, toggled }) {
    const list = byId("topic-list", HTMLUListElement);
    this.#topics = new TopicsField(list, this.#topicsInput, changed);
    byId("from-field", HTMLElement).hidden = IS_ADMIN_PAGE;
    for (const choice of [this.#all, this.#one]) {
      choice.addEventListener("change", () => {
        this.#showFields();
        if (this.#one.checked && this.#channel.value === "") {
          this.#channel.value = FIRST.channel;
          this.#topics.write(FIRST.topics);
        }
        changed();
      });
    }
    this.#channel.addEventListener("change", changed);
    this.#last.addEventListener("change", changed);
    this.#from.addEventListener("change", () => {
      this.#lastField.hidden = this.#from.value !== "last";
      changed();
    });
    this.#toggle.addEventListener("click", toggled);
    byId("watch", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      changed();
    });
  }

  read() {
    if (this.#all.checked) return { channel: "", topics: [], from: "live" };
    return {
      channel: this.#channel.value,
      topics: this.#topics.names,
      from: this.#from.value === "last"
        ? `last:${this.#lastCount()}`
        : this.#from.value,
    };
  }

  /** @param {Watched} watched */
  write({ channel, topics, from }) {
    const last = /^last:(\d+)$/.exec(from);
    const isAll = channel === "";
    this.#all.checked = isAll;
    this.#one.checked = !isAll;
    this.#showFields();
    // The fields keep the last channel, for the way back.
    if (isAll) return;
    this.#channel.value = channel;
    this.#topics.write(topics);
    if (last) this.#last.value = last[1] ?? "";
    this.#setFrom(last ? "last" : from);
  }

  /**
   * Labels the button with what it does.
   *
   * @param {boolean} isWatching
   */
  showWatching(isWatching) {
    setText(this.#toggle, isWatching ? "Stop" : "Watch");
    this.#toggle.classList.toggle("primary", !isWatching);
  }

  /**
   * Shows an error next to its field.
   *
   * @param {string | undefined} message
   * @param {Field} [field]
   */
  showError(message, field) {
    mark(this.#channel, field === "channel" ? message : undefined);
    mark(this.#topicsInput, field === "topics" ? message : undefined);
    mark(this.#from, field === "from" ? message : undefined);
  }

  #showFields() {
    this.#fields.hidden = this.#all.checked;
    this.#allHint.hidden = !this.#all.checked;
  }

  /** Adds a position from an address, such as an id, to the choices. */
  #setFrom(/** @type {string} */ from) {
    const values = [...this.#from.options].map(({ value }) => value);
    if (!values.includes(from)) {
      this.#from.append(new Option(`after ${from}`, from));
    }
    this.#from.value = from;
    this.#lastField.hidden = from !== "last";
  }

  #lastCount() {
    const count = Math.trunc(Number(this.#last.value));
    return count >= 1 ? count : 1;
  }
}

/**
 * @param {HTMLElement} control
 * @param {string | undefined} message
 */
function mark(control, message) {
  const place = byId(`${control.id}-error`, HTMLElement);
  setText(place, message ?? "");
  place.hidden = message === undefined;
  if (message === undefined) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}
