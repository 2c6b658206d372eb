import { byId, el, setText } from "./dom.js";
import { Poll } from "./poll.js";

/**
 * The content of a drawer, which shows one thing.
 *
 * @typedef {object} DrawerContent
 * @property {readonly (readonly [label: string, value: string | undefined])[]} facts An absent value leaves its line out.
 * @property {string} [listTitle]
 * @property {readonly string[]} [columns]
 * @property {readonly (readonly string[])[]} [rows]
 *
 * @typedef {object} DrawerOptions
 * @property {string} kind `Channel`, for example.
 * @property {string} title
 * @property {() => Promise<DrawerContent>} [load] Called again while the drawer is open.
 * @property {DrawerContent} [content] What to show where nothing has to be loaded.
 * @property {readonly HTMLElement[]} [actions]
 */

/** Rows that a drawer's list shows. */
const MAX_ROWS = 500;

/** The panel beside a list that shows everything about one of its rows. */
export class Drawer {
  #dialog = byId("drawer", HTMLDialogElement);
  #kind = el("p", "dim");
  #title = el("h2", "");
  #note = el("p", "error");
  #facts = el("dl", "");
  #actions = el("div", "actions");
  #list = el("div", "details");
  #shownRows = "";
  /** @type {Poll | undefined} */
  #poll;

  constructor() {
    const close = el("button", "small", "Close");
    close.addEventListener("click", () => this.close());
    this.#title.id = "drawer-title";
    this.#note.setAttribute("role", "alert");
    this.#dialog.append(el(
      "div",
      "drawer",
      el("div", "drawer-head", this.#kind, close),
      this.#title,
      this.#note,
      this.#facts,
      this.#actions,
      this.#list,
    ));
    this.#dialog.addEventListener("close", () => this.#poll?.stop());
    // A click outside closes it.
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.close();
    });
  }

  /** @param {DrawerOptions} options */
  open({ kind, title, load, content, actions = [] }) {
    this.#poll?.stop();
    setText(this.#kind, kind);
    setText(this.#title, title);
    this.#facts.replaceChildren();
    this.#list.replaceChildren();
    this.#shownRows = "";
    this.#actions.replaceChildren(...actions);
    this.say("");
    if (content) this.#show(content);
    if (load) {
      const poll = this.#poll = new Poll(
        async () => {
          const loaded = await load();
          // Another row may have been opened meanwhile.
          if (this.#poll === poll) this.#show(loaded);
        },
        (state) => {
          if (state.name === "refused") this.say(state.error.message);
          else this.say(state.name === "waiting" ? state.reason : "");
        },
      );
      this.#poll.start();
    }
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }

  /**
   * Shows a sentence above the facts.
   *
   * @param {string} text
   */
  say(text) {
    setText(this.#note, text);
    this.#note.hidden = text === "";
  }

  /** @param {DrawerContent} content */
  #show({ facts, listTitle = "", columns = [], rows = [] }) {
    this.#showFacts(facts);
    const key = JSON.stringify([listTitle, columns, rows]);
    // Drawn only when it changes, so that a selected text stays selected.
    if (key === this.#shownRows) return;
    this.#shownRows = key;
    this.#list.replaceChildren();
    if (rows.length === 0) return;
    const head = el("tr", "", ...columns.map((title) => el("th", "", title)));
    const body = rows.slice(0, MAX_ROWS).map((row) =>
      el("tr", "", ...row.map((text) => el("td", "", text)))
    );
    this.#list.append(
      el("h3", "", listTitle),
      el("table", "", el("thead", "", head), el("tbody", "", ...body)),
    );
    if (rows.length > MAX_ROWS) {
      const more = `These are the first ${MAX_ROWS} of ${rows.length}.`;
      this.#list.append(el("p", "hint", more));
    }
  }

  /** @param {DrawerContent["facts"]} facts */
  #showFacts(facts) {
    const shown = facts.flatMap(([label, value]) =>
      value === undefined ? [] : [{ label, value }]
    );
    const lines = [...this.#facts.children];
    const isSame = lines.length === shown.length &&
      lines.every((line, index) =>
        line.firstElementChild?.textContent === shown[index]?.label
      );
    if (!isSame) {
      this.#facts.replaceChildren(
        ...shown.map(({ label }) =>
          el("div", "", el("dt", "", label), el("dd", ""))
        ),
      );
    }
    for (const [index, { value }] of shown.entries()) {
      const place = this.#facts.children[index]?.lastElementChild;
      if (place) setText(place, value);
    }
  }
}
