/** @import { GatewayAnswer } from "../../admin/answers.ts" */
/** @import { Drawer } from "./parts/drawer.js" */
/** @import { State } from "./parts/state.js" */
import { channelsRoom } from "./channels/room.js";
import { CheckRoom } from "./check/room.js";
import { connectionsRoom } from "./connections/room.js";
import { EventsRoom } from "./events/room.js";
import { byId, setText } from "./parts/dom.js";
import { showGatewayCount } from "./parts/gateways.js";
import { IS_ADMIN_PAGE } from "./parts/key.js";
import { StatusLine } from "./parts/status_line.js";
import { makeTabs } from "./parts/tabs.js";
import { writeAddress } from "./watch/address.js";
import { WatchRoom } from "./watch/room.js";

/**
 * @typedef {"watch" | "channels" | "connections" | "events" | "check"} RoomName
 *
 * @typedef {object} RoomHost What the rooms use of the page.
 * @property {Drawer} drawer
 * @property {(room: RoomName, state: State) => void} changed
 * @property {(gateways: readonly GatewayAnswer[]) => void} gateways Shows which gateways answered.
 * @property {(channel: string, topics: readonly string[]) => void} watch Goes to the room that shows messages.
 * @property {(wanted: { channel?: string, subject?: string }) => void} findConnections Goes to the room with the connections.
 * @property {(subject: string) => void} check Goes to the room that answers why a client sees nothing.
 */

/** The tabs, in their order. @type {readonly (readonly [RoomName, string])[]} */
const TABS = [
  ["watch", "Publish and watch"],
  ["channels", "Channels"],
  ["connections", "Connections"],
  ["events", "Events"],
  ["check", "Check a client"],
];

/** The room of a first visit: a developer tries things, an operator looks. */
const FIRST_ROOM = IS_ADMIN_PAGE ? "channels" : "watch";

/** The rooms of the page. One is shown, and the page's address names it. */
export class Rooms {
  #status = new StatusLine(() => this.retry());
  #problem = byId("problem", HTMLElement);
  #onRefusedKey;
  /** @type {RoomHost} */
  #host;
  #rooms;
  /** @type {RoomName | undefined} */
  #shown;
  #choose = makeTabs(
    byId("rooms", HTMLElement),
    TABS.map(([name, title]) => ({ title, panel: panelOf(name) })),
    ({ id }) => {
      const name = named(id.replace(/-room$/, ""));
      if (name !== this.#shown) location.hash = `#room=${name}`;
    },
  );

  /**
   * @param {Drawer} drawer
   * @param {() => void} onRefusedKey Called when the gateway asks for the admin key.
   */
  constructor(drawer, onRefusedKey) {
    this.#onRefusedKey = onRefusedKey;
    this.#host = {
      drawer,
      changed: (name, state) => this.#changed(name, state),
      gateways: showGatewayCount,
      watch: (channel, topics) => {
        const names = topics.length > 0 ? topics : ["hello"];
        location.hash = writeAddress({ channel, topics: names, from: "live" });
      },
      findConnections: (wanted) => {
        this.#rooms.connections.find(wanted);
        location.hash = "#room=connections";
      },
      check: (subject) => {
        location.hash = "#room=check";
        this.#rooms.check.check(subject);
      },
    };
    this.#rooms = {
      watch: new WatchRoom(this.#host),
      channels: channelsRoom(this.#host),
      connections: connectionsRoom(this.#host),
      events: new EventsRoom(this.#host),
      check: new CheckRoom(this.#host),
    };
  }

  /** Shows the room that the page's address names, from now on. */
  start() {
    addEventListener("hashchange", () => this.#showNamed());
    this.#showNamed();
  }

  /** Asks the gateway again, in the room that is shown. */
  retry() {
    if (this.#shown) this.#rooms[this.#shown].retry();
  }

  #showNamed() {
    const fields = new URLSearchParams(location.hash.slice(1));
    const name = fields.has("channel")
      ? "watch"
      : named(fields.get("room") ?? "");
    if (this.#shown && this.#shown !== name) this.#rooms[this.#shown].hide();
    this.#shown = name;
    this.#choose(panelOf(name));
    this.#rooms[name].show();
    this.#changed(name, this.#rooms[name].state);
  }

  /**
   * @param {RoomName} name
   * @param {State} state
   */
  #changed(name, state) {
    if (name !== this.#shown) return;
    this.#status.show(state);
    const problem = state.name === "refused"
      ? state.error.message
      : state.name === "waiting"
      ? state.reason
      : "";
    // The room with messages has places of its own for what is wrong.
    this.#problem.hidden = problem === "" || name === "watch";
    setText(this.#problem, problem);
    if (state.name === "refused" && state.error.code === "unauthenticated") {
      this.#onRefusedKey();
    }
  }
}

/** @param {RoomName} name */
function panelOf(name) {
  return byId(`${name}-room`, HTMLElement);
}

/** @param {string} wanted */
function named(wanted) {
  return TABS.find(([name]) => name === wanted)?.[0] ?? FIRST_ROOM;
}
