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
  #total = 0;
  #version = 0;
  #read;

  /** @param {(after: string | undefined, limit: number) => Promise<ListPage<T>>} read */
  constructor(read) {
    this.#read = read;
  }

  /** How many rows there are, loaded or not. */
  get total() {
    return this.#total;
  }

  /**
   * Returns a row if it is loaded.
   *
   * @param {number} index
   * @returns {T | undefined}
   */
  at(index) {
    return this.#pages[Math.floor(index / PAGE_ROWS)]?.rows[index % PAGE_ROWS];
  }

  /**
   * Whether a row has still to be read.
   *
   * @param {number} index
   */
  isMissing(index) {
    return index < this.#total && index >= PAGE_ROWS * this.#pages.length;
  }

  /** Forgets everything, for another order or search. */
  clear() {
    this.#pages = [];
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
    let number = Math.floor(range().first / PAGE_ROWS);
    number = Math.min(number, this.#pages.length);
    do {
      const before = this.#pages[number - 1];
      if (number > 0 && before?.next === undefined) break;
      const page = await this.#read(before?.next, PAGE_ROWS);
      if (version !== this.#version) return;
      this.#pages[number] = page;
      this.#total = page.total;
      if (page.next === undefined) this.#pages.length = number + 1;
      onPage();
      number++;
    } while (number * PAGE_ROWS <= range().last);
  }
}
