/** @import { EventAnswer } from "../../../admin/answers.ts" */
/** @import { RoomHost } from "../rooms.js" */
/** @import { Column } from "../parts/table.js" */
/** @import { RecentEvent } from "./recent.js" */
import { adminRequest } from "../parts/admin_api.js";
import { el, setText } from "../parts/dom.js";
import { formatCount, formatNumber, formatTime } from "../parts/format.js";
import { listFrame, searchField } from "../parts/list_frame.js";
import { LiveStream } from "../parts/live_stream.js";
import { onPause } from "../parts/search.js";
import { VirtualTable } from "../parts/table.js";
import { openEvent } from "./detail.js";
import { MAX_EVENTS, RecentEvents } from "./recent.js";
import { eventTone } from "./words.js";

/** @type {readonly Column<RecentEvent>[]} */
const COLUMNS = [
  {
    title: "Time",
    className: "time",
    text: ({ event }) => formatTime(new Date(event.time)),
  },
  {
    title: "Event",
    className: "middle",
    text: ({ event }) => event.event,
    tone: ({ event }) => eventTone(event),
  },
  { title: "Details", className: "widest", text: ({ text }) => text },
  {
    title: "Subject",
    className: "middle minor",
    text: ({ event }) => fieldOf(event, "subject"),
  },
  {
    title: "Address",
    className: "middle minor",
    text: ({ event }) => fieldOf(event, "address"),
  },
];

/**
 * @param {EventAnswer} event
 * @param {"subject" | "address"} name
 */
function fieldOf(event, name) {
  const fields = /** @type {Partial<Record<typeof name, string>>} */ (event);
  return fields[name] ?? "–";
}

/** The kinds of events that the list can be narrowed to. */
const KINDS = ["connected", "subscribed", "closed", "refused", "gap", "slow"];

function kindField() {
  const field = el(
    "select",
    "",
    new Option("all events", ""),
    ...KINDS.map((kind) => new Option(kind)),
  );
  field.id = "events-kind";
  field.setAttribute("aria-label", "Kind of event");
  return field;
}

/** The room with what happens at the gateways, live and of bounded length. */
export class EventsRoom {
  #recent = new RecentEvents();
  /** Events that are not shown yet, because the list is paused or the next frame has still to be drawn. @type {EventAnswer[]} */
  #waiting = [];
  #waitingCount = 0;
  #isPaused = false;
  #isScheduled = false;
  #isShown = false;
  #stream;
  #table;
  #search = searchField("events-search", "Filter events", "Filter");
  #kind = kindField();
  #clear = el("button", "", "Clear");
  #frame = listFrame({
    name: "events",
    title: "Events",
    tools: [this.#search, this.#kind],
    last: [this.#clear],
    lead: "Nothing has happened since you came.",
    hint:
      "Here you see clients connect, subscribe, leave and be refused, while it happens.",
    noMatch: "No event matches.",
  });

  /** @param {RoomHost} host */
  constructor(host) {
    this.#stream = new LiveStream({
      open: async (signal) => {
        const response = await adminRequest("events", { signal });
        this.#stream.live();
        return response;
      },
      changed: (state) => host.changed("events", state),
      received: ({ data }) => this.#receive(JSON.parse(data)),
    });
    this.#table = new VirtualTable(this.#frame.scroll, {
      label: "Events, the newest first",
      columns: COLUMNS,
      keyOf: ({ number }) => String(number),
      open: ({ event, text }) => openEvent(host, event, text),
      moved: () => {},
    });
    onPause(this.#search, () => this.#restart());
    this.#kind.addEventListener("change", () => this.#restart());
    const { pause } = this.#frame;
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      pause.setAttribute("aria-pressed", String(this.#isPaused));
      this.#draw();
    });
    this.#clear.addEventListener("click", () => {
      this.#recent.clear();
      this.#waiting = [];
      this.#waitingCount = 0;
      this.#draw();
    });
  }

  get state() {
    return this.#stream.state;
  }

  /** The stream begins with the first look and goes on in other rooms, so that nothing is missed while looking at a connection. */
  show() {
    this.#isShown = true;
    this.#stream.start();
    this.#draw();
  }

  hide() {
    this.#isShown = false;
  }

  retry() {
    this.#stream.retry();
  }

  /** @param {EventAnswer} event */
  #receive(event) {
    this.#waiting.push(event);
    this.#waitingCount++;
    if (this.#waiting.length > 2 * MAX_EVENTS) {
      this.#waiting = this.#waiting.slice(-MAX_EVENTS);
    }
    if (this.#isScheduled || !this.#isShown) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #restart() {
    this.#table.scrollToTop();
    this.#draw();
  }

  #draw() {
    const words = this.#search.value.trim().toLowerCase();
    const kind = this.#kind.value;
    const before = this.#recent.matching(words, kind);
    if (!this.#isPaused) this.#take();
    const rows = this.#recent.matching(words, kind);
    const newest = before[0];
    this.#table.show(rows.length, (index) => rows[index]);
    if (newest) this.#table.added(Math.max(0, rows.indexOf(newest)));
    this.#tell(rows.length, words !== "" || kind !== "");
  }

  #take() {
    this.#recent.add(this.#waiting);
    this.#waiting = [];
    this.#waitingCount = 0;
  }

  /**
   * @param {number} visible
   * @param {boolean} isFiltered
   */
  #tell(visible, isFiltered) {
    const { count } = this.#recent;
    const waiting = this.#waitingCount;
    const resume = waiting > 0 ? `Resume (${waiting} new)` : "Resume";
    setText(this.#frame.pause, this.#isPaused ? resume : "Pause");
    const total = formatCount(count, "event");
    setText(
      this.#frame.count,
      count === 0
        ? ""
        : isFiltered
        ? `${formatNumber(visible)} of ${total}`
        : count > MAX_EVENTS
        ? `${total}, the newest ${formatNumber(MAX_EVENTS)} kept`
        : total,
    );
    this.#frame.empty.hidden = count > 0;
    this.#frame.noMatch.hidden = count === 0 || visible > 0;
  }
}
