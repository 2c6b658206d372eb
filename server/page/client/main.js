import { readOverview } from "./parts/admin_api.js";
import { byId, copies, setText } from "./parts/dom.js";
import { Drawer } from "./parts/drawer.js";
import { openGateways, showGatewayCount } from "./parts/gateways.js";
import { KeyForm } from "./parts/key_form.js";
import { ApiError, GATEWAY, readHealth } from "./parts/request.js";
import { Rooms } from "./rooms.js";

const drawer = new Drawer();
const rooms = new Rooms(drawer, () => keyForm.ask());
const keyForm = new KeyForm(accepted);
let isStarted = false;

function accepted() {
  if (isStarted) rooms.retry();
  else startRooms();
}

function startRooms() {
  isStarted = true;
  rooms.start();
}

async function showGateway() {
  setText(byId("address", HTMLElement), GATEWAY.host);
  const { version, broker } = await readHealth();
  setText(byId("version", HTMLElement), `${version}, ${broker} broker`);
}

/** Shows the rooms, once the gateway has accepted the key where it asks for one. */
async function start() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const source = byId(button.dataset.copy ?? "", HTMLElement);
    copies(button, () => source.textContent ?? "");
  }
  byId("gateways", HTMLButtonElement)
    .addEventListener("click", () => openGateways(drawer));
  document.addEventListener("keydown", focusSearch);
  // The version is an extra. The rooms show when the gateway doesn't answer.
  showGateway().catch((error) => console.debug(error));
  try {
    showGatewayCount((await readOverview()).gateways);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "unauthenticated") return keyForm.ask();
  }
  startRooms();
}

/**
 * Goes to the search of the room that is shown when `/` is pressed outside of a field.
 *
 * @param {KeyboardEvent} event
 */
function focusSearch(event) {
  const isTyping = event.target instanceof HTMLInputElement ||
    event.target instanceof HTMLTextAreaElement;
  if (event.key !== "/" || isTyping) return;
  const search = document.querySelector(
    "[role=tabpanel]:not([hidden]) > .card input[type=search]",
  );
  if (!(search instanceof HTMLInputElement)) return;
  event.preventDefault();
  search.focus();
}

await start();
