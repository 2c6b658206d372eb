/** @import { State } from "./state.js" */
/** @import { SseEvent } from "./sse.js" */
import { adminRequest } from "./admin_api.js";
import { ApiError } from "./request.js";
import { readSse } from "./sse.js";
import { waitMs } from "./state.js";

/**
 * @typedef {object} LiveListener
 * @property {(state: State) => void} changed
 * @property {(event: SseEvent) => void} received
 */

/** A stream of Server-Sent Events of the admin API that reconnects. It shows what happens from now on. */
export class LiveStream {
  /** @type {State} */
  #state = { name: "stopped" };
  #path;
  #listener;
  #run = new AbortController();
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} path
   * @param {LiveListener} listener
   */
  constructor(path, listener) {
    this.#path = path;
    this.#listener = listener;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  start() {
    if (this.#state.name !== "stopped") return;
    this.#failures = 0;
    this.#open();
  }

  stop() {
    this.#renew();
    this.#change({ name: "stopped" });
  }

  /** Reconnects at once. */
  retry() {
    if (["waiting", "refused"].includes(this.#state.name)) this.#open();
  }

  /** Ends the previous attempt. */
  #renew() {
    clearTimeout(this.#timer);
    this.#run.abort();
    this.#run = new AbortController();
    return this.#run.signal;
  }

  async #open() {
    const signal = this.#renew();
    this.#change({ name: "connecting" });
    try {
      const response = await adminRequest(this.#path, { signal });
      this.#failures = 0;
      this.#change({ name: "live" });
      for await (const event of readSse(response)) {
        if (signal.aborted) return;
        this.#listener.received(event);
      }
      if (!signal.aborted) this.#wait("the gateway went away");
    } catch (error) {
      if (signal.aborted) return;
      // The body of an answer ends with a TypeError when its connection is lost.
      if (error instanceof TypeError) this.#wait("the connection broke off");
      else if (!(error instanceof ApiError)) throw error;
      else if (error.isTransient) this.#wait(error.message);
      else this.#change({ name: "refused", error });
    }
  }

  /** @param {string} reason */
  #wait(reason) {
    const ms = waitMs(this.#failures++);
    this.#timer = setTimeout(() => this.#open(), ms);
    this.#change({ name: "waiting", reason, until: Date.now() + ms });
  }

  /** @param {State} state */
  #change(state) {
    this.#state = state;
    this.#listener.changed(state);
  }
}
