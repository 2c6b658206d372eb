/** @import { GatewayAnswer } from "../../../admin/answers.ts" */
/** @import { Frame } from "./list_frame.js" */
/** @import { ListPage } from "./pages.js" */
/** @import { State } from "./state.js" */
/** @import { Column } from "./table.js" */
import { setText } from "./dom.js";
import { formatCount } from "./format.js";
import { Pages } from "./pages.js";
import { Poll } from "./poll.js";
import { VirtualTable } from "./table.js";

/**
 * @template T
 * @typedef {object} ListOptions
 * @property {Frame} frame
 * @property {string} label
 * @property {string} thing What a row is: `channel`.
 * @property {readonly Column<T>[]} columns
 * @property {(row: T) => string} keyOf
 * @property {(row: T) => void} open
 * @property {(after: string | undefined, limit: number) => Promise<ListPage<T> & { gateways: readonly GatewayAnswer[] }>} read
 * @property {() => boolean} isSearched Whether the list is narrowed: then an empty one means that nothing matches.
 * @property {(sort: string) => void} [sorted]
 * @property {(state: State) => void} changed
 * @property {(gateways: readonly GatewayAnswer[]) => void} gateways Called with the gateways of each answer.
 */

/**
 * A room with a long list that is up to date while it is shown.
 *
 * @template T
 */
export class ListRoom {
  #options;
  #pages;
  #table;
  #poll;
  #isPaused = false;
  #hasAnswer = false;

  /** @param {ListOptions<T>} options */
  constructor(options) {
    const { frame, label, columns, keyOf, open, sorted } = options;
    this.#options = options;
    this.#pages = new Pages((after, limit) => this.#read(after, limit));
    this.#table = new VirtualTable(frame.scroll, {
      label,
      columns,
      keyOf,
      open,
      moved: () => this.#moved(),
      ...(sorted && { sorted }),
    });
    this.#poll = new Poll(() => this.#refresh(), options.changed);
    const { pause } = frame;
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      pause.setAttribute("aria-pressed", String(this.#isPaused));
      setText(pause, this.#isPaused ? "Resume" : "Pause");
      if (!this.#isPaused) this.#poll.now();
    });
  }

  get state() {
    return this.#poll.state;
  }

  show() {
    this.#poll.start();
  }

  hide() {
    this.#poll.stop();
  }

  retry() {
    this.#poll.now();
  }

  /**
   * Reads another list from its start: the order or the search has changed.
   *
   * @param {string} [sort]
   */
  restart(sort) {
    if (sort !== undefined) this.#table.showSort(sort);
    this.#pages.clear();
    this.#hasAnswer = false;
    this.#table.scrollToTop();
    this.#poll.now();
  }

  /**
   * @param {string | undefined} after
   * @param {number} limit
   */
  async #read(after, limit) {
    const page = await this.#options.read(after, limit);
    this.#options.gateways(page.gateways);
    return page;
  }

  async #refresh() {
    // Paused rows stay as they are, but those that were never read are.
    if (this.#isPaused && this.#hasAnswer && !this.#isMissing()) return;
    await this.#pages.refresh(() => this.#table.range, () => this.#draw());
  }

  #isMissing() {
    return this.#pages.isMissing(this.#table.range.last);
  }

  #moved() {
    if (this.#isMissing()) this.#poll.now();
  }

  #draw() {
    const { total } = this.#pages;
    const { thing, frame } = this.#options;
    const isSearched = this.#options.isSearched();
    this.#hasAnswer = true;
    this.#table.show(this.#pages.length, (index) => this.#pages.at(index));
    const text = formatCount(total, thing);
    setText(
      frame.count,
      total === 0 ? "" : isSearched ? `${text} found` : text,
    );
    frame.empty.hidden = total > 0 || isSearched;
    frame.noMatch.hidden = total > 0 || !isSearched;
  }
}
