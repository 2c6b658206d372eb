import { addHost, element, type PageElement, setText } from "./dom.ts";
import { counted } from "./format.ts";
import { recorder } from "./recorder.ts";
import { STYLES } from "./styles.ts";
import { moodOf, SubscriptionCard } from "./subscription_card.ts";
import type { SubscriptionRecord } from "./subscription_record.ts";

/** How long changes are collected before they are shown, in milliseconds. */
const COLLECT_MS = 50;

/** How often times are shown anew, in milliseconds. */
const TICK_MS = 1_000;

/** Events in the panel that the app need not hear of: its shortcuts, and what closes its menus. */
const OWN_EVENTS = ["click", "keydown", "mousedown", "pointerdown"];

/**
 * Adds the panel to the page, collapsed to its button.
 *
 * @param corner The corner of the page, such as `bottom-right`.
 * @returns A function that removes it.
 */
export function mountPanel(corner: string): () => void {
  const panel = new Panel(corner);
  return () => panel.remove();
}

class Panel {
  readonly #host: PageElement;
  readonly #button: PageElement;
  readonly #section: PageElement;
  readonly #dot = element("span", { class: "dot" });
  readonly #count = element("span");
  readonly #summary = element("p", { class: "dim" });
  readonly #list = element("div");
  readonly #cards = new Map<SubscriptionRecord, SubscriptionCard>();
  readonly #ticks = setInterval(() => this.#show(), TICK_MS);
  readonly #stopListening = recorder.listen(() => this.#showSoon());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(corner: string) {
    this.#button = element(
      "button",
      { type: "button", "aria-controls": "panel" },
      this.#dot,
      "Tidings",
      this.#count,
    );
    this.#section = element(
      "section",
      { id: "panel", "aria-label": "Tidings devtools", tabindex: "0" },
      element("header", {}, element("h2", {}, "Tidings"), this.#summary),
      this.#list,
    );
    this.#section.hidden = true;
    this.#host = element("tidings-devtools", { "data-corner": corner });
    this.#button.addEventListener("click", () => this.#toggle());
    this.#host.addEventListener("keydown", (event) => {
      const { key } = event as Event & { readonly key?: string };
      if (key === "Escape" && !this.#section.hidden) this.#toggle();
    });
    for (const name of OWN_EVENTS) {
      this.#host.addEventListener(name, (event) => event.stopPropagation());
    }
    this.#show();
    addHost(this.#host, STYLES, this.#button, this.#section);
  }

  remove(): void {
    clearInterval(this.#ticks);
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#host.remove();
  }

  #toggle(): void {
    this.#section.hidden = !this.#section.hidden;
    this.#show();
    this.#button.focus();
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(), COLLECT_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = recorder.records();
    this.#showButton(records);
    if (!this.#section.hidden) this.#showCards(records);
  }

  #showButton(records: readonly SubscriptionRecord[]): void {
    const moods = new Set(records.map(moodOf));
    const [worst = "off"] = (["bad", "busy", "good"] as const)
      .filter((mood) => moods.has(mood));
    const summary = summaryOf(records);
    this.#dot.setAttribute("data-mood", worst);
    setText(this.#count, String(records.length));
    setText(this.#summary, summary);
    this.#button.setAttribute("aria-label", `Tidings devtools: ${summary}`);
    this.#button.setAttribute(
      "aria-expanded",
      String(!this.#section.hidden),
    );
  }

  #showCards(records: readonly SubscriptionRecord[]): void {
    const shown = new Set(records);
    for (const [record, card] of this.#cards) {
      if (shown.has(record)) continue;
      card.element.remove();
      this.#cards.delete(record);
    }
    for (const record of records) {
      const card = this.#cards.get(record) ?? new SubscriptionCard();
      if (!this.#cards.has(record)) this.#list.append(card.element);
      this.#cards.set(record, card);
      card.update(record);
    }
  }
}

/** Returns a line such as `2 subscriptions: 1 open, 1 reconnecting`. */
function summaryOf(records: readonly SubscriptionRecord[]): string {
  const states = records.map(({ subscription }) => subscription.state);
  const parts = [...new Set(states)].map((state) =>
    `${states.filter((other) => other === state).length} ${state}`
  );
  const count = counted(records.length, "subscription");
  return parts.length === 0
    ? "No hook of this page subscribes"
    : `${count}: ${parts.join(", ")}`;
}
