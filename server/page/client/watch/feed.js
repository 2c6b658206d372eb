/** @import { Entry } from "./entries.js" */
/** @import { State } from "../parts/state.js" */
/** @import { Row } from "./rows.js" */
import { byId, setText } from "../parts/dom.js";
import { Entries } from "./entries.js";
import { formatCount } from "../parts/format.js";
import { createRow, matches } from "./rows.js";

/** The list of entries: newest first, of limited length, and unchanged while it is paused. */
export class Feed {
  /** @readonly */
  entries = new Entries(() => this.#schedule());
  /** @type {Map<Entry, Row>} */
  #rows = new Map();
  #shown = -1;
  #isPaused = false;
  #isScheduled = false;
  #words = "";
  #list = byId("messages", HTMLOListElement);
  #count = byId("count", HTMLElement);
  #pause = byId("pause", HTMLButtonElement);
  #filter = byId("filter", HTMLInputElement);
  #empty = byId("empty", HTMLElement);
  #lead = byId("empty-lead", HTMLElement);
  #hint = byId("empty-hint", HTMLElement);
  #code = byId("empty-command", HTMLElement);
  #noMatch = byId("no-match", HTMLElement);

  constructor() {
    this.#pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      this.#pause.setAttribute("aria-pressed", String(this.#isPaused));
      this.#schedule();
    });
    byId("clear", HTMLButtonElement).addEventListener("click", () => {
      this.entries.clear();
      this.#render();
    });
    this.#filter.addEventListener("input", () => {
      this.#words = this.#filter.value.trim().toLowerCase();
      for (const [entry, row] of this.#rows) this.#hideUnmatched(entry, row);
      this.#schedule();
    });
  }

  /**
   * Shows the channel of each message where they are of all channels.
   *
   * @param {boolean} isAll
   */
  showChannels(isAll) {
    this.#list.classList.toggle("all", isAll);
  }

  /**
   * Explains an empty list and what to do.
   *
   * @param {State["name"]} state
   */
  showState(state) {
    const isWatching = state !== "stopped" && state !== "refused";
    setText(this.#lead, isWatching ? "Nothing yet." : "Nothing is watched.");
    this.#hint.hidden = this.#code.hidden = !isWatching;
  }

  /** Draws the list, at most once per animation frame: changes come in bursts. */
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      if (!this.#isPaused) this.#render();
      this.#tell();
    });
  }

  #render() {
    const { all } = this.entries;
    this.#removeGone(all[0]?.number ?? Infinity);
    for (const entry of this.entries.takeChanged()) {
      const row = this.#rows.get(entry);
      if (!row) continue;
      row.update();
      this.#hideUnmatched(entry, row);
    }
    const added = document.createDocumentFragment();
    for (const entry of all.slice(this.#firstNew(all))) {
      const row = createRow(entry);
      this.#rows.set(entry, row);
      this.#hideUnmatched(entry, row);
      added.prepend(row.element);
    }
    this.#shown = all.at(-1)?.number ?? this.#shown;
    this.#list.prepend(added);
  }

  /** @param {readonly Entry[]} all */
  #firstNew(all) {
    const index = all.findIndex(({ number }) => number > this.#shown);
    return index === -1 ? all.length : index;
  }

  /** @param {number} oldest The number of the oldest entry that is kept. */
  #removeGone(oldest) {
    for (const [entry, row] of this.#rows) {
      if (entry.number >= oldest) break;
      row.element.remove();
      this.#rows.delete(entry);
    }
  }

  /**
   * @param {Entry} entry
   * @param {Row} row
   */
  #hideUnmatched(entry, row) {
    row.element.hidden = !matches(entry, this.#words);
  }

  /** Shows how many messages there are, or what to do without any. */
  #tell() {
    const { all, messages } = this.entries;
    const waiting = (all.at(-1)?.number ?? -1) - this.#shown;
    setText(
      this.#pause,
      !this.#isPaused
        ? "Pause"
        : waiting > 0
        ? `Resume (${waiting} new)`
        : "Resume",
    );
    const isFiltered = this.#words !== "";
    const visible =
      [...this.#rows].filter(([{ type }, { element }]) =>
        type !== "note" && !element.hidden
      ).length;
    const total = formatCount(messages, "message");
    const kept = all.filter(({ type }) => type !== "note").length;
    setText(
      this.#count,
      isFiltered
        ? `${visible} of ${total}`
        : messages > kept
        ? `${total}, the newest ${kept} kept`
        : messages === 0
        ? ""
        : total,
    );
    this.#empty.hidden = messages > 0;
    this.#noMatch.hidden = !isFiltered || messages === 0 || visible > 0;
  }
}
