/** @import { EventAnswer } from "../../../admin/answers.ts" */
import { eventText } from "./words.js";

/**
 * @typedef {object} RecentEvent
 * @property {number} number
 * @property {EventAnswer} event
 * @property {string} text
 * @property {string} words What a search looks at, in lower case.
 */

/** How many events are kept. */
export const MAX_EVENTS = 2_000;

/** The newest events, newest first. Their number is bounded. */
export class RecentEvents {
  /** @type {RecentEvent[]} */
  #all = [];
  #count = 0;

  /** How many events came. */
  get count() {
    return this.#count;
  }

  /** @param {readonly EventAnswer[]} events Oldest first. */
  add(events) {
    const added = events.slice(-MAX_EVENTS).map((event) => this.#read(event));
    this.#count += events.length - added.length;
    this.#all = [...added.reverse(), ...this.#all].slice(0, MAX_EVENTS);
  }

  clear() {
    this.#all = [];
    this.#count = 0;
  }

  /**
   * @param {string} words In lower case.
   * @param {string} kind The name of the wanted events; all if empty.
   */
  matching(words, kind) {
    if (words === "" && kind === "") return this.#all;
    return this.#all.filter(({ event, words: own }) =>
      (kind === "" || event.event === kind) && own.includes(words)
    );
  }

  /** @param {EventAnswer} event */
  #read(event) {
    const text = eventText(event);
    const values = Object.values(event).flat().join(" ");
    const words = `${text} ${values}`.toLowerCase();
    return { number: this.#count++, event, text, words };
  }
}
