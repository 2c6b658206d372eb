import { el, setText } from "./dom.js";

/**
 * A column of a table.
 *
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {string} className Also says how wide it is; `minor` columns are hidden on a phone.
 * @property {(row: T) => string} text
 * @property {(row: T) => string} [tone] The class that colors the cell.
 * @property {string} [sort] The order that a click on the title asks for.
 */

/**
 * @template T
 * @typedef {object} TableOptions
 * @property {string} label The name for screen readers.
 * @property {readonly Column<T>[]} columns The first one holds a button that opens the row.
 * @property {(row: T) => string} keyOf What a row keeps when its place changes.
 * @property {(row: T) => void} open
 * @property {() => void} moved Called when other rows are in view.
 * @property {(sort: string) => void} [sorted]
 */

/**
 * @template T
 * @typedef {object} Drawn A row in the document.
 * @property {HTMLTableRowElement} element
 * @property {readonly HTMLElement[]} cells
 * @property {T} row
 */

/** The height of a row, in pixels. The style sheet has it too. */
const ROW_PX = 38;
/** Rows that are drawn above and below the view, so that scrolling shows no holes. */
const MARGIN_ROWS = 12;

/**
 * A table of any length: only the rows in view are in the document. A row in view keeps its element, and so the focus, when rows are
 * drawn again, and nothing scrolls.
 *
 * @template T
 */
export class VirtualTable {
  #options;
  #place;
  #table;
  #body = el("tbody", "");
  #above = el("tbody", "space");
  #below = el("tbody", "space");
  /** @type {Map<string, Drawn<T>>} */
  #drawn = new Map();
  #total = 0;
  /** @type {(index: number) => T | undefined} */
  #at = () => undefined;
  #isScheduled = false;

  /**
   * @param {HTMLElement} place The element that scrolls.
   * @param {TableOptions<T>} options
   */
  constructor(place, options) {
    this.#place = place;
    this.#options = options;
    for (const space of [this.#above, this.#below]) {
      space.setAttribute("aria-hidden", "true");
      space.append(el("tr", "", el("td", "")));
    }
    this.#table = el(
      "table",
      "",
      el("thead", "", el("tr", "", ...this.#titles())),
      this.#above,
      this.#body,
      this.#below,
    );
    this.#table.setAttribute("aria-label", options.label);
    place.append(this.#table);
    place.addEventListener("scroll", () => this.#schedule(), { passive: true });
    new ResizeObserver(() => this.#schedule()).observe(place);
  }

  /** The rows in view, with the margin. */
  get range() {
    const { scrollTop, clientHeight } = this.#place;
    const first = Math.floor(scrollTop / ROW_PX) - MARGIN_ROWS;
    const count = Math.ceil(clientHeight / ROW_PX) + 2 * MARGIN_ROWS;
    return {
      first: Math.max(0, first),
      last: Math.max(0, Math.min(this.#total, first + count) - 1),
    };
  }

  /**
   * Shows rows.
   *
   * @param {number} total
   * @param {(index: number) => T | undefined} at Returns a row, if it is loaded.
   */
  show(total, at) {
    this.#total = total;
    this.#at = at;
    this.#table.hidden = total === 0;
    this.#table.setAttribute("aria-rowcount", String(total + 1));
    this.#draw();
  }

  /** Scrolls to the first row. */
  scrollToTop() {
    this.#place.scrollTop = 0;
  }

  /**
   * Keeps the rows in view where they are although others were added above them. At the top the new ones show.
   *
   * @param {number} count
   */
  added(count) {
    if (this.#place.scrollTop > 0) this.#place.scrollTop += count * ROW_PX;
  }

  /**
   * Marks the column by which the rows are sorted.
   *
   * @param {string} sort
   */
  showSort(sort) {
    for (const [index, column] of this.#options.columns.entries()) {
      const title = this.#table.tHead?.rows[0]?.cells[index];
      if (column.sort !== sort) title?.removeAttribute("aria-sort");
      else {
        const order = sort === "name" ? "ascending" : "descending";
        title?.setAttribute("aria-sort", order);
      }
    }
  }

  #titles() {
    return this.#options.columns.map(({ title, className, sort }) => {
      const cell = el("th", className);
      cell.scope = "col";
      if (sort === undefined) cell.append(title);
      else {
        const button = el("button", "sort", title);
        button.type = "button";
        button.addEventListener("click", () => this.#options.sorted?.(sort));
        cell.append(button);
      }
      return cell;
    });
  }

  /** Draws at most once per animation frame. */
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
      this.#options.moved();
    });
  }

  #draw() {
    const { first, last } = this.range;
    /** @type {Map<string, Drawn<T>>} */
    const drawn = new Map();
    let start = 0;
    let end = 0;
    for (let index = first; index <= last; index++) {
      const row = this.#at(index);
      if (row === undefined) continue;
      if (drawn.size === 0) start = index;
      end = index + 1;
      const key = this.#options.keyOf(row);
      const known = drawn.get(key) ?? this.#drawn.get(key) ?? this.#create(row);
      known.row = row;
      known.element.setAttribute("aria-rowindex", String(index + 2));
      this.#fill(known);
      drawn.set(key, known);
    }
    for (const [key, { element }] of this.#drawn) {
      if (!drawn.has(key)) this.#remove(element);
    }
    this.#drawn = drawn;
    this.#arrange([...drawn.values()].map(({ element }) => element));
    setHeight(this.#above, start);
    setHeight(this.#below, this.#total - end);
  }

  /**
   * Puts the rows in order. A row with the focus is not moved, because that would take the focus away: the others are put around it.
   *
   * @param {readonly HTMLTableRowElement[]} rows
   */
  #arrange(rows) {
    /** @type {Element | null} */
    let following = null;
    for (const row of rows.toReversed()) {
      const isInPlace = row.parentElement === this.#body &&
        row.nextElementSibling === following;
      if (!isInPlace && row.contains(document.activeElement)) {
        // Rows between them belong above this one, and are put there when their turn comes.
        while (row.nextElementSibling !== following) {
          row.nextElementSibling?.remove();
        }
      } else if (!isInPlace) this.#body.insertBefore(row, following);
      following = row;
    }
  }

  /** @param {HTMLTableRowElement} element */
  #remove(element) {
    // Else the focus would fall to the page, and the next press of a key would start there.
    if (element.contains(document.activeElement)) {
      this.#place.focus({ preventScroll: true });
    }
    element.remove();
  }

  /** @param {T} row */
  #create(row) {
    const button = el("button", "open");
    button.type = "button";
    /** @type {HTMLElement[]} */
    const cells = [];
    const element = el("tr", "");
    for (const [index, { className }] of this.#options.columns.entries()) {
      const cell = index === 0
        ? el("th", className, button)
        : el("td", className);
      if (index === 0) cell.setAttribute("scope", "row");
      cells.push(index === 0 ? button : cell);
      element.append(cell);
    }
    const drawn = { element, cells, row };
    element.addEventListener("click", () => this.#options.open(drawn.row));
    return drawn;
  }

  /** @param {Drawn<T>} drawn */
  #fill({ cells, row }) {
    for (const [index, column] of this.#options.columns.entries()) {
      const cell = cells[index];
      if (!cell) continue;
      const text = column.text(row);
      if (cell.textContent !== text) {
        setText(cell, text);
        // A text that doesn't fit is cut off.
        cell.title = text;
      }
      if (column.tone) cell.dataset.tone = column.tone(row);
    }
  }
}

/**
 * @param {HTMLTableSectionElement} space
 * @param {number} rows
 */
function setHeight(space, rows) {
  const height = `${rows * ROW_PX}px`;
  const cell = space.rows[0]?.cells[0];
  space.hidden = rows <= 0;
  if (cell && cell.style.height !== height) cell.style.height = height;
}
