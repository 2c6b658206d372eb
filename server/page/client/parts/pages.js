/**
 * A page of a list.
 *
 * @template T
 * @typedef {object} ListPage
 * @property {readonly T[]} rows
 * @property {number} total How many rows all pages have.
 * @property {string | undefined} next `after` of the next page.
 */

/** The rows of a page: enough for a screen, and few enough to be asked for every other second. */
export const PAGE_ROWS = 200;

/**
 * A long list that comes page by page. Only pages that are looked at are read again.
 *
 * @template T
 */
export class Pages {
  /** @type {ListPage<T>[]} */
  #pages = [];
  /** The index of each page's first row, and at the end the number of rows that are loaded. A page may be shorter than was asked for. */
  #starts = [0];
  #total = 0;
  #version = 0;
  #read;

  /** @param {(after: string | undefined, limit: number) => Promise<ListPage<T>>} read */
  constructor(read) {
    this.#read = read;
  }

  /** How many rows there are, as the gateway says. */
  get total() {
    return this.#total;
  }

  /** How many rows there are, loaded or not. Rows that moved between two pages while they were read may be missing, or there twice. */
  get length() {
    return this.#isComplete
      ? this.#loaded
      : Math.max(this.#total, this.#loaded);
  }

  /**
   * Returns a row if it is loaded.
   *
   * @param {number} index
   */
  at(index) {
    const number = this.#pageOf(index);
    return this.#pages[number]?.rows[index - (this.#starts[number] ?? 0)];
  }

  /**
   * Whether a row has still to be read.
   *
   * @param {number} index
   */
  isMissing(index) {
    return index >= this.#loaded && index < this.length;
  }

  /** Forgets everything, for another order or search. */
  clear() {
    this.#pages = [];
    this.#starts = [0];
    this.#total = 0;
    this.#version++;
  }

  /**
   * Reads again what is looked at, and what stands before it if it was never read: a page is known by the one before.
   *
   * @param {() => { first: number, last: number }} range Returns the rows that are looked at; it may change meanwhile.
   * @param {() => void} onPage Called after each page.
   */
  async refresh(range, onPage) {
    const version = this.#version;
    let number = this.#pageOf(range().first);
    for (;;) {
      const before = this.#pages[number - 1];
      const page = await this.#read(before?.next, PAGE_ROWS);
      if (version !== this.#version) return;
      this.#put(number, page);
      onPage();
      number++;
      const isEnough = (this.#starts[number] ?? 0) > range().last;
      if (page.next === undefined || isEnough) return;
    }
  }

  get #loaded() {
    return this.#starts.at(-1) ?? 0;
  }

  get #isComplete() {
    const last = this.#pages.at(-1);
    return last !== undefined && last.next === undefined;
  }

  /**
   * Returns the number of the page with a row, or of the first page that is not loaded.
   *
   * @param {number} index
   */
  #pageOf(index) {
    const after = this.#starts.findIndex((start) => start > index);
    if (after !== -1) return after - 1;
    return this.#isComplete ? this.#pages.length - 1 : this.#pages.length;
  }

  /**
   * @param {number} number
   * @param {ListPage<T>} page
   */
  #put(number, page) {
    this.#pages[number] = page;
    if (page.next === undefined) this.#pages.length = number + 1;
    this.#total = page.total;
    let start = 0;
    this.#starts = [0];
    for (const { rows } of this.#pages) {
      start += rows.length;
      this.#starts.push(start);
    }
  }
}
