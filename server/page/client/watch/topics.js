import { el } from "../parts/dom.js";
import { hueOf } from "../parts/format.js";

/** The field with the topics. Enter, a comma or leaving the field adds a topic. */
export class TopicsField {
  /** @type {string[]} */
  #names = [];
  #list;
  #input;
  #onChange;

  /**
   * @param {HTMLUListElement} list
   * @param {HTMLInputElement} input
   * @param {() => void} onChange
   */
  constructor(list, input, onChange) {
    this.#list = list;
    this.#input = input;
    this.#onChange = onChange;
    input.addEventListener("keydown", (event) => this.#press(event));
    // Commas from the clipboard, and from keyboards that send no key events, arrive here.
    input.addEventListener("input", () => {
      if (input.value.includes(",")) this.#commit();
    });
    input.addEventListener("change", () => this.#commit());
  }

  get names() {
    return this.#names;
  }

  /** @param {readonly string[]} names */
  write(names) {
    this.#names = [...names];
    this.#input.value = "";
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { value } = this.#input;
    if (event.isComposing) return;
    if (event.key === "Enter" && value.trim() !== "") {
      event.preventDefault();
      this.#commit();
    } else if (event.key === "Backspace" && value === "") {
      const last = this.#names.at(-1);
      if (last !== undefined) this.#remove(last);
    }
  }

  /** Adds the typed topic. */
  #commit() {
    const typed = this.#input.value.split(",").map((name) => name.trim());
    const added = typed.filter((name) => name !== "");
    this.#input.value = "";
    if (added.length === 0) return;
    this.#names = [...new Set([...this.#names, ...added])];
    this.#draw();
    this.#onChange();
  }

  /** @param {string} name */
  #remove(name) {
    this.#names = this.#names.filter((other) => other !== name);
    this.#draw();
    this.#input.focus();
    this.#onChange();
  }

  #draw() {
    this.#list.replaceChildren(...this.#names.map((name) => {
      const remove = el("button", "remove", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Stop watching topic ${name}`);
      remove.addEventListener("click", () => this.#remove(name));
      return el("li", `topic hue-${hueOf(name)}`, name, remove);
    }));
    this.#input.placeholder = this.#names.length === 0
      ? "A topic, then Enter"
      : "Add one";
  }
}
