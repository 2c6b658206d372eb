/** @import { SessionAnswer } from "../../../admin/answers.ts" */
import { disconnect } from "../parts/admin_api.js";
import { el } from "../parts/dom.js";
import { ApiError } from "../parts/request.js";

/**
 * Makes the button that disconnects a client after a second press, on another button.
 *
 * @param {Pick<SessionAnswer, "id" | "subject">} session
 * @param {{ done: () => void, failed: (reason: string) => void }} listener
 * @returns {HTMLElement}
 */
export function disconnectButton({ id, subject }, { done, failed }) {
  const first = el("button", "danger", "Disconnect …");
  const sure = el("button", "danger primary", "Disconnect it");
  const keep = el("button", "", "Keep it");
  const question = el(
    "p",
    "",
    `Disconnect ${
      subject ?? "this client"
    }? It gets the code 4403 and stays away until it is opened again with a new token.`,
  );
  const confirm = el("div", "confirm", question, sure, keep);
  confirm.setAttribute("role", "group");
  confirm.setAttribute("aria-label", "Confirm");
  confirm.hidden = true;

  /** @param {boolean} isAsking */
  function ask(isAsking) {
    first.hidden = isAsking;
    confirm.hidden = !isAsking;
    (isAsking ? keep : first).focus();
  }

  first.addEventListener("click", () => ask(true));
  keep.addEventListener("click", () => ask(false));
  sure.addEventListener("click", async () => {
    try {
      await disconnect(id);
      done();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed(error.message);
      ask(false);
    }
  });
  return el("div", "disconnect", first, confirm);
}
