/** @import { State } from "./state.js" */
import { ApiError } from "./request.js";
import { waitMs } from "./state.js";

const INTERVAL_MS = 1_500;

/** Repeats a request while the user can see what it returns. */
export class Poll {
  /** @type {State} */
  #state = { name: "stopped" };
  #refresh;
  #onChange;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOn = false;
  #isRunning = false;
  #isWanted = false;
  #failures = 0;

  /**
   * @param {() => Promise<void>} refresh
   * @param {(state: State) => void} onChange
   */
  constructor(refresh, onChange) {
    this.#refresh = refresh;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (this.#isOn && !document.hidden) this.now();
    });
  }

  get state() {
    return this.#state;
  }

  start() {
    this.#isOn = true;
    if (this.#state.name !== "live") this.#change({ name: "connecting" });
    this.now();
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  /** Asks now, or once more after the request under way. */
  now() {
    this.#isWanted = true;
    if (!this.#isRunning) this.#run();
  }

  async #run() {
    this.#isRunning = true;
    clearTimeout(this.#timer);
    while (this.#isOn && this.#isWanted) {
      this.#isWanted = false;
      await this.#try();
    }
    this.#isRunning = false;
  }

  async #try() {
    try {
      await this.#refresh();
      this.#failures = 0;
      this.#again(INTERVAL_MS);
      this.#change({ name: "live" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.isTransient) return this.#change({ name: "refused", error });
      const ms = waitMs(this.#failures++);
      this.#again(ms);
      const until = Date.now() + ms;
      this.#change({ name: "waiting", reason: error.message, until });
    }
  }

  /** @param {number} ms */
  #again(ms) {
    clearTimeout(this.#timer);
    if (!this.#isOn) return;
    this.#timer = setTimeout(() => {
      if (!document.hidden) this.now();
    }, ms);
  }

  /** @param {State} state */
  #change(state) {
    this.#state = state;
    if (this.#isOn) this.#onChange(state);
  }
}
