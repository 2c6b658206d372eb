/** @import { State } from "./state.js" */
/** @import { SseEvent } from "./sse.js" */
import { ApiError } from "./request.js";
import { readSse } from "./sse.js";
import { waitMs } from "./state.js";

/**
 * @typedef {object} LiveSource
 * @property {(signal: AbortSignal) => Promise<Response>} open
 * @property {(event: SseEvent) => void} received May throw an `ApiError`, which ends the attempt.
 * @property {(state: State) => void} changed
 */

/** A stream of Server-Sent Events that reconnects. Its source calls `live()` once what it asked for has begun. */
export class LiveStream {
  /** @type {State} */
  #state = { name: "stopped" };
  #source;
  #run = new AbortController();
  #failures = 0;
  /** The pause that the gateway asked for. @type {number | undefined} */
  #pauseMs;
  /** Milliseconds of silence after which the connection counts as dead: it may never report an error. */
  #silenceMs = 25_000;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {LiveSource} source */
  constructor(source) {
    this.#source = source;
  }

  get state() {
    return this.#state;
  }

  start() {
    if (this.#state.name === "stopped") this.restart();
  }

  /** Ends the stream that is open, and opens another one. */
  restart() {
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

  /** @param {boolean} [recovered] Whether everything was replayed that was missed. */
  live(recovered) {
    this.#failures = 0;
    this.#change({ name: "live", recovered });
  }

  /** @param {number} ms The longest time between two signs of life. */
  expectWithin(ms) {
    this.#silenceMs = ms;
  }

  /** @param {number | undefined} ms How long to wait once this connection has ended. */
  pauseFor(ms) {
    this.#pauseMs = ms;
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
    this.#pauseMs = undefined;
    this.#change({ name: "connecting" });
    try {
      this.#watchSilence();
      for await (const event of readSse(await this.#source.open(signal))) {
        if (signal.aborted) return;
        this.#watchSilence();
        if (event.data !== "") this.#source.received(event);
      }
      if (!signal.aborted) this.#wait("the gateway went away");
    } catch (error) {
      if (signal.aborted) return;
      // The body of an answer ends with a TypeError when its connection is lost.
      if (error instanceof TypeError) this.#wait("the connection broke off");
      else if (!(error instanceof ApiError)) throw error;
      else if (error.isTransient) this.#wait(error.message);
      else {
        this.#renew();
        this.#change({ name: "refused", error });
      }
    }
  }

  #watchSilence() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#wait("the gateway fell silent"),
      this.#silenceMs,
    );
  }

  /** @param {string} reason */
  #wait(reason) {
    this.#renew();
    const ms = this.#pauseMs ?? waitMs(this.#failures++);
    this.#timer = setTimeout(() => this.#open(), ms);
    this.#change({ name: "waiting", reason, until: Date.now() + ms });
  }

  /** @param {State} state */
  #change(state) {
    this.#state = state;
    this.#source.changed(state);
  }
}
