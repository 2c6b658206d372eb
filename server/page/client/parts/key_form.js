import { readOverview } from "./admin_api.js";
import { byId, setText } from "./dom.js";
import { forgetKey, hasKey, keepKey } from "./key.js";
import { ApiError, GATEWAY } from "./request.js";

/** Characters that a header can have, and so a key. */
const KEY = /^[\x21-\x7e]+$/;

/** The form that asks for the admin key, in the place of the rooms. */
export class KeyForm {
  #form = byId("key-form", HTMLFormElement);
  #input = byId("key", HTMLInputElement);
  #error = byId("key-error", HTMLElement);
  #forget = byId("forget-key", HTMLButtonElement);
  #onAccepted;

  /** @param {() => void} onAccepted Called when the gateway has accepted a key. */
  constructor(onAccepted) {
    this.#onAccepted = onAccepted;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(this.#input.value.trim());
    });
    this.#forget.addEventListener("click", () => {
      forgetKey();
      location.reload();
    });
    this.#forget.hidden = !hasKey();
    const isOpen = GATEWAY.protocol === "http:" &&
      !["localhost", "127.0.0.1", "[::1]"].includes(GATEWAY.hostname);
    byId("key-warning", HTMLElement).hidden = !isOpen;
  }

  /** Asks for the key. */
  ask() {
    if (hasKey()) this.#fail("The gateway doesn’t accept this key any more.");
    forgetKey();
    this.#show(true);
    this.#input.focus();
  }

  /** @param {string} key */
  async #try(key) {
    if (!KEY.test(key)) {
      return this.#fail(
        key === ""
          ? "Enter the admin key."
          : "This is not an admin key: it has characters that no key has.",
      );
    }
    keepKey(key);
    try {
      await readOverview();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      forgetKey();
      return this.#fail(
        error.code === "unauthenticated"
          ? "This is not the admin key of this gateway."
          : error.message,
      );
    }
    this.#input.value = "";
    this.#fail(undefined);
    this.#show(false);
    this.#onAccepted();
  }

  /** @param {boolean} isAsking */
  #show(isAsking) {
    document.body.classList.toggle("locked", isAsking);
    this.#form.hidden = !isAsking;
    this.#forget.hidden = isAsking || !hasKey();
  }

  /** @param {string | undefined} message */
  #fail(message) {
    setText(this.#error, message ?? "");
    this.#error.hidden = message === undefined;
    if (message === undefined) this.#input.removeAttribute("aria-invalid");
    else this.#input.setAttribute("aria-invalid", "true");
  }
}
