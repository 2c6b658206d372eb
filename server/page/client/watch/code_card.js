/** @import { Watched } from "./address.js" */
import { byId, copies, el, setText } from "../parts/dom.js";
import { GATEWAY } from "../parts/request.js";
import { makeTabs } from "../parts/tabs.js";
import {
  publishCommand,
  snippet,
  streamCommand,
  watchCommand,
} from "./commands.js";

/** The panels of the card: each has a tab, a text to copy, and a hint. */
const PANELS = [
  { name: "watch", title: "curl: watch" },
  {
    name: "publish",
    title: "curl: publish",
    hint: "Publishes what the form has.",
  },
  {
    name: "stream",
    title: "curl: stream",
    hint: "Then type: each line arrives at once, Ctrl D ends the stream.",
  },
  {
    name: "typescript",
    title: "TypeScript",
    hint:
      "On a server. In a browser, subscribe with a token that your server made.",
  },
];

/** The card with the commands and the program that do the same as the forms. */
export class CodeCard {
  /** @type {Map<string, HTMLElement>} */
  #texts = new Map();
  #watchHint = el("p", "hint");

  constructor() {
    const list = el("div", "tabs");
    list.setAttribute("aria-labelledby", "code-title");
    const panels = PANELS.map(({ name, title, hint }) => ({
      title,
      panel: this.#panel(name, hint),
    }));
    makeTabs(list, panels);
    byId("code", HTMLElement)
      .append(list, ...panels.map(({ panel }) => panel));
  }

  /**
   * Shows what does the same as the forms.
   *
   * @param {Watched} watched
   * @param {{ channel: string, topic: string, body: string }} published
   */
  show(watched, { channel, topic, body }) {
    const publish = publishCommand(GATEWAY, channel, topic, body);
    const followed = watched.channel === ""
      ? { channel, topics: [topic], from: "live" }
      : watched;
    const texts = {
      watch: watchCommand(GATEWAY, watched),
      publish,
      stream: streamCommand(GATEWAY, channel, topic),
      typescript: snippet(GATEWAY, followed),
    };
    for (const [name, text] of Object.entries(texts)) {
      const place = this.#texts.get(name);
      if (place) setText(place, text);
    }
    setText(byId("empty-code", HTMLElement), publish);
    setText(
      this.#watchHint,
      watched.channel === ""
        ? "Server-Sent Events."
        : "Server-Sent Events; the token is good for a minute.",
    );
  }

  /**
   * @param {string} name
   * @param {string | undefined} hint
   */
  #panel(name, hint) {
    const text = el("pre", "");
    text.id = `${name}-code`;
    this.#texts.set(name, text);
    const button = el("button", "small", "Copy");
    button.type = "button";
    copies(button, () => text.textContent ?? "");
    const panel = el(
      "div",
      "",
      el("div", "code", text, button),
      hint === undefined ? this.#watchHint : el("p", "hint", hint),
    );
    panel.id = `${name}-panel`;
    return panel;
  }
}
