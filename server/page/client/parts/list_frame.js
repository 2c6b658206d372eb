import { byId, el } from "./dom.js";

/**
 * @typedef {object} FrameOptions
 * @property {string} name The room's name: the ids of its elements begin with it.
 * @property {string} title
 * @property {readonly HTMLElement[]} tools What narrows the list.
 * @property {readonly HTMLElement[]} [last] Buttons that stand at the end.
 * @property {string} lead What an empty list says.
 * @property {string} hint Why it is empty, and what to do.
 * @property {string} noMatch What a list says when nothing matches.
 *
 * @typedef {object} Frame
 * @property {HTMLElement} count
 * @property {HTMLButtonElement} pause
 * @property {HTMLElement} scroll The element that scrolls.
 * @property {HTMLElement} empty
 * @property {HTMLElement} noMatch
 */

/**
 * Makes what stands around a list: its title, its tools, and what it says while it is empty.
 *
 * @param {FrameOptions} options
 */
export function listFrame(
  { name, title, tools, last = [], lead, hint, noMatch },
) {
  const count = named(el("span", "dim count"), `${name}-count`);
  count.setAttribute("role", "status");
  const pause = named(el("button", "", "Pause"), `${name}-pause`);
  pause.setAttribute("aria-pressed", "false");
  const none = named(el("p", "empty", noMatch), `${name}-no-match`);
  const empty = named(
    el("div", "empty", el("p", "lead", lead), el("p", "", hint)),
    `${name}-empty`,
  );
  none.hidden = empty.hidden = true;
  const scroll = named(el("div", "scroll", empty, none), `${name}-scroll`);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", title);
  const bar = el(
    "div",
    "bar",
    el("h2", "", title),
    count,
    el("span", "grow"),
    ...tools,
    pause,
    ...last,
  );
  byId(`${name}-room`, HTMLElement).append(el("div", "card list", bar, scroll));
  return { count, pause, scroll, empty, noMatch: none };
}

/**
 * Makes a field for a search.
 *
 * @param {string} id
 * @param {string} label
 * @param {string} placeholder
 */
export function searchField(id, label, placeholder) {
  const input = named(el("input", ""), id);
  input.type = "search";
  input.placeholder = placeholder;
  input.spellcheck = false;
  input.autocapitalize = "none";
  input.setAttribute("aria-label", label);
  return input;
}

/**
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} id
 */
function named(element, id) {
  element.id = id;
  return element;
}
