import { el } from "../parts/dom.js";

/** The longest JSON that is colored; browsers show longer text faster without. */
const MAX_COLORED = 20_000;
const TOKEN =
  /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Shows JSON with different colors for keys, strings and other values.
 *
 * @param {string} json
 */
export function colorJson(json) {
  const view = document.createDocumentFragment();
  if (json.length > MAX_COLORED) {
    view.append(json);
    return view;
  }
  let end = 0;
  for (const match of json.matchAll(TOKEN)) {
    const [token, string, colon] = match;
    view.append(json.slice(end, match.index));
    if (colon) view.append(el("span", "key", string ?? ""), colon);
    else view.append(el("span", string ? "string" : "literal", token));
    end = match.index + token.length;
  }
  view.append(json.slice(end));
  return view;
}
