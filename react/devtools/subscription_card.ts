import type { SharedState } from "../view_state.ts";
import { element, type PageElement, setText } from "./dom.ts";
import { counted, describeGap, seconds, timeOfDay } from "./format.ts";
import { MessageList } from "./message_list.ts";
import type { Outage, SubscriptionRecord } from "./subscription_record.ts";

/** How a state looks: whether it is as wanted, passing, or an end that nobody wanted. */
export type Mood = "good" | "busy" | "bad" | "off";

const MOODS: Readonly<Record<SharedState, Mood>> = {
  idle: "off",
  connecting: "busy",
  refreshing: "busy",
  waiting: "busy",
  reconnecting: "busy",
  open: "good",
  paused: "off",
  closed: "off",
  failed: "bad",
};

/** The meanings of those states whose names don't say it. */
const MEANINGS: Readonly<Partial<Record<SharedState, string>>> = {
  refreshing: "waits for a token",
  waiting: "waits before the next attempt",
  paused: "disabled, or the page is hidden",
};

/** Returns how a subscription's state looks. */
export function moodOf({ subscription }: SubscriptionRecord): Mood {
  return MOODS[subscription.state];
}

/** The part of the panel for one subscription. */
export class SubscriptionCard {
  readonly element: PageElement;
  readonly #channel = element("h3");
  readonly #state = element("span", { class: "state" });
  readonly #meaning = element("span", { class: "dim" });
  readonly #topics = element("dd");
  readonly #position = element("dd", { class: "id" });
  readonly #counts = element("dd");
  readonly #outage = element("p", { class: "outage" });
  readonly #gaps = element("p", { class: "gaps" });
  readonly #messages = new MessageList();

  constructor() {
    this.element = element(
      "article",
      {},
      element("header", {}, this.#channel, this.#state, this.#meaning),
      element(
        "dl",
        {},
        element("dt", {}, "Topics"),
        this.#topics,
        element("dt", {}, "Position"),
        this.#position,
        element("dt", {}, "Received"),
        this.#counts,
      ),
      this.#outage,
      this.#gaps,
      this.#messages.element,
    );
  }

  /** Shows a subscription as it is now. */
  update(record: SubscriptionRecord): void {
    const { subscription, target, messages, outage } = record;
    const { state, position } = subscription;
    setText(this.#channel, target?.channel ?? "Channel not known yet");
    setText(this.#state, state);
    this.#state.setAttribute("data-mood", moodOf(record));
    setText(this.#meaning, MEANINGS[state] ?? "");
    setText(this.#topics, target?.topics.join(", ") ?? "not known yet");
    setText(this.#position, position ?? "none yet");
    setText(
      this.#counts,
      `${counted(record.messageCount, "message")}, ` +
        counted(record.gapCount, "gap"),
    );
    setText(this.#outage, outage ? describeOutage(outage, state) : "");
    this.#outage.setAttribute("data-over", String(Boolean(outage?.until)));
    setText(
      this.#gaps,
      record.gaps.map(({ time, gap }) =>
        `${timeOfDay(time)} ${describeGap(gap)}`
      ).reverse().join("\n"),
    );
    this.#messages.update(messages);
  }
}

/** The sentences for the last outage. */
function describeOutage(outage: Outage, state: SharedState): string {
  const { since, until, error, attempts, retryAt } = outage;
  const reason = error?.message ?? "The connection was lost";
  const start = timeOfDay(since);
  if (state === "failed") return `Failed at ${start}: ${reason}`;
  if (until) {
    const duration = seconds(until.getTime() - since.getTime());
    return `Last outage at ${start}, over after ${duration}: ${reason}`;
  }
  const failed = attempts > 0 ? `\n${counted(attempts, "failed attempt")}` : "";
  const wait = retryAt ? retryAt.getTime() - Date.now() : 0;
  const next = wait > 0 ? `, the next in ${seconds(wait)}` : "";
  return `Outage since ${start}: ${reason}${failed}${next}`;
}
