/** @import { State } from "./state.js" */
import { byId, setText } from "./dom.js";

/** @type {Record<State["name"], string>} */
const TEXTS = {
  stopped: "Not watching",
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  refused: "Refused",
};

/** Shows the connection's state, wherever the page is scrolled to. */
export class StatusLine {
  #line = byId("status", HTMLElement);
  #text = byId("status-text", HTMLElement);
  #countdown = byId("countdown", HTMLElement);
  #retry = byId("retry", HTMLButtonElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry.addEventListener("click", retry);
  }

  /** @param {State} state */
  show(state) {
    clearInterval(this.#timer);
    this.#line.dataset.state = state.name;
    setText(this.#text, TEXTS[state.name]);
    this.#retry.hidden = state.name !== "waiting";
    setText(this.#countdown, "");
    if (state.name !== "waiting") return;
    const { until } = state;
    const count = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      setText(this.#countdown, `in ${seconds} s`);
    };
    count();
    this.#timer = setInterval(count, 1000);
  }
}
