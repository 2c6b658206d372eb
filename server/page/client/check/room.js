/** @import { RoomHost } from "../rooms.js" */
/** @import { State } from "../parts/state.js" */
/** @import { Findings } from "./findings.js" */
/** @import { Sentence } from "./verdict.js" */
import { openSession } from "../connections/detail.js";
import { byId, el, setText } from "../parts/dom.js";
import { ApiError } from "../parts/request.js";
import { findOut } from "./findings.js";
import { readClient } from "./read_client.js";
import {
  channelSentence,
  refusalSentence,
  sessionSentence,
  tokenSentences,
} from "./sentences.js";
import { verdict } from "./verdict.js";

/** The room that answers why a client sees nothing, for a token or a subject. */
export class CheckRoom {
  #host;
  #input = byId("check-client", HTMLTextAreaElement);
  #error = byId("check-error", HTMLElement);
  #answer = byId("check-answer", HTMLElement);
  #verdict = byId("check-verdict", HTMLElement);
  #details = byId("check-details", HTMLElement);
  /** @type {State} */
  #state = { name: "live" };
  #asked = 0;

  /** @param {RoomHost} host */
  constructor(host) {
    this.#host = host;
    const form = byId("check-form", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.#input.addEventListener("keydown", (event) => {
      // A client is one line, so Enter asks.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#ask();
    });
  }

  get state() {
    return this.#state;
  }

  show() {
    this.#host.changed("check", this.#state);
  }

  hide() {}

  retry() {
    this.#ask();
  }

  /**
   * Asks about a subject.
   *
   * @param {string} subject
   */
  check(subject) {
    this.#input.value = subject;
    this.#ask();
  }

  async #ask() {
    const client = readClient(this.#input.value);
    this.#fail(client ? undefined : "Paste a token or a subject");
    if (!client) return;
    const number = ++this.#asked;
    this.#answer.hidden = true;
    try {
      const findings = await findOut(client);
      if (number !== this.#asked) return;
      this.#show(findings);
      this.#change({ name: "live" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (number !== this.#asked) return;
      this.#fail(error.message);
      if (error.code === "unauthenticated") {
        this.#change({ name: "refused", error });
      }
    }
  }

  /** @param {State} state */
  #change(state) {
    this.#state = state;
    this.#host.changed("check", state);
  }

  /** @param {string | undefined} message */
  #fail(message) {
    setText(this.#error, message ?? "");
    this.#error.hidden = message === undefined;
    this.#input.toggleAttribute("aria-invalid", message !== undefined);
    if (message !== undefined) this.#answer.hidden = true;
  }

  /** @param {Findings} findings */
  #show(findings) {
    const { report, channels } = findings;
    this.#host.gateways(report.gateways);
    const { tone, text } = verdict(findings);
    this.#verdict.dataset.tone = tone;
    setText(this.#verdict, text);
    const sessions = report.sessions.map((session) => {
      const open = el("button", "small", "Show it");
      open.addEventListener("click", () => {
        openSession(this.#host, session, () => this.#ask());
      });
      return line(sessionSentence(session), open);
    });
    this.#details.replaceChildren(
      ...part("The token", tokenSentences(report).map((one) => line(one))),
      ...part(
        "Open sessions",
        sessions,
        report.claims ? "No session of it is open." : "No session is open.",
      ),
      ...part(
        "Its channels",
        channels.map((finding) => line(channelSentence(finding))),
      ),
      ...part(
        "Refused in the last 10 minutes",
        report.refused.map((refusal) => line(refusalSentence(refusal))),
        "Nothing was refused.",
      ),
    );
    this.#answer.hidden = false;
  }
}

/**
 * @param {Sentence} sentence
 * @param {HTMLElement[]} more
 */
function line({ tone, text }, ...more) {
  const item = el("li", "", el("span", "", text), ...more);
  item.dataset.tone = tone;
  return item;
}

/**
 * @param {string} title
 * @param {HTMLElement[]} lines
 * @param {string} [empty] What stands there without lines; a part without both is left out.
 */
function part(title, lines, empty) {
  if (lines.length === 0 && empty === undefined) return [];
  const list = lines.length > 0 ? lines : [el("li", "dim", empty ?? "")];
  return [el("h3", "", title), el("ul", "sentences", ...list)];
}
