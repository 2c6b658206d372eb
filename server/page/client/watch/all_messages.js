/** @import { State } from "../parts/state.js" */
/** @import { Watched } from "./address.js" */
/** @import { Message } from "./frames.js" */
import { LiveStream } from "../parts/live_stream.js";
import { isMessage, parseFrame } from "./frames.js";

/**
 * @typedef {object} AllListener
 * @property {(state: State) => void} changed
 * @property {(message: Message, at: number) => void} received `at` is a time of `performance.now()`.
 * @property {(count: number) => void} dropped Called when messages were left out, because the page was too slow.
 */

/** The messages of all channels, as the admin API tells them from now on. They need no token, and are not replayed. */
export class AllMessages {
  #stream;
  #listener;
  /** @type {Watched | undefined} */
  #watched;

  /** @param {AllListener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#stream = new LiveStream("messages", {
      changed: listener.changed,
      received: ({ name, data }) => this.#receive(name, data),
    });
  }

  /** @returns {State} */
  get state() {
    return this.#stream.state;
  }

  /**
   * Shows all messages, or those of a channel and its topics.
   *
   * @param {Watched} watched
   */
  watch(watched) {
    this.#watched = watched;
    if (this.state.name !== "stopped") this.#stream.stop();
    this.#stream.start();
  }

  stop() {
    this.#watched = undefined;
    if (this.state.name !== "stopped") this.#stream.stop();
  }

  retry() {
    this.#stream.retry();
  }

  /**
   * @param {string} name
   * @param {string} data
   */
  #receive(name, data) {
    if (name === "dropped") {
      return this.#listener.dropped(JSON.parse(data).count);
    }
    const frame = parseFrame(data);
    if (isMessage(frame) && this.#isWanted(frame)) {
      this.#listener.received(frame, performance.now());
    }
  }

  /** @param {Message} message */
  #isWanted({ channel, topic }) {
    if (!this.#watched) return false;
    const { channel: wanted, topics } = this.#watched;
    return wanted === "" || wanted === channel && topics.includes(topic);
  }
}
