/** @import { RoomHost } from "../rooms.js" */
/** @import { State } from "../parts/state.js" */
/** @import { Watched } from "./address.js" */
/** @import { Frame } from "./frames.js" */
/** @import { Field } from "./watch_form.js" */
import { byId } from "../parts/dom.js";
import { formatCount, formatSpan } from "../parts/format.js";
import { IS_ADMIN_PAGE } from "../parts/key.js";
import { isSame, readAddress, writeAddress } from "./address.js";
import { CodeCard } from "./code_card.js";
import { Feed } from "./feed.js";
import { isMessage } from "./frames.js";
import { Latencies } from "./latency.js";
import { showLatency } from "./latency_line.js";
import { Messages } from "./messages.js";
import { PublishForm } from "./publish_form.js";
import { Pulse } from "./pulse.js";
import { WatchForm } from "./watch_form.js";
import { outcomeText, watchingText } from "./words.js";

/** The room that shows messages while they are published, and publishes. */
export class WatchRoom {
  #host;
  #feed = new Feed();
  #pulse = new Pulse();
  #latencies = new Latencies(
    this.#feed.entries,
    () => showLatency(this.#latencies.own),
  );
  #source = new Messages({
    changed: (state) => this.#changed(state),
    received: (frame, at) => this.#receive(frame, at),
    dropped: (count) => {
      const lost = `${formatCount(count, "message")} left out`;
      this.#feed.entries.note("bad", `${lost}: this page was too slow`);
    },
  });
  #watchForm = new WatchForm({
    changed: () => this.#apply(),
    toggled: () => this.#toggle(),
  });
  #publishForm = new PublishForm({
    latencies: this.#latencies,
    whyUnseen: (channel, topic) => this.#whyUnseen(channel, topic),
    settled: () => this.#settled(),
    changed: () => this.#showCommands(),
  });
  #codeCard = new CodeCard();
  /** Whether the user wants to watch. Whether messages arrive is the source's state. */
  #isWanted = true;
  #isShown = false;
  /** @type {Watched | undefined} */
  #watched;
  /** When messages began to arrive, by `Date.now()`: older ones were in the log. */
  #liveAt = Infinity;
  /** When the connection was lost, until it is back. @type {number | undefined} */
  #lostAt;
  /** @type {(() => void)[]} */
  #waiters = [];

  /** @param {RoomHost} host */
  constructor(host) {
    this.#host = host;
    byId("publish", HTMLElement).hidden = IS_ADMIN_PAGE;
    byId("publish-elsewhere", HTMLElement).hidden = !IS_ADMIN_PAGE;
    byId("publish-here", HTMLElement).hidden = IS_ADMIN_PAGE;
    byId("publish-there", HTMLElement).hidden = !IS_ADMIN_PAGE;
  }

  get state() {
    return this.#source.state;
  }

  /** Shows what the page's address says, and goes on with it in other rooms. */
  show() {
    this.#isShown = true;
    const hash = location.hash;
    const isNamed = hash.includes("channel=") || !this.#watched;
    if (isNamed) this.#watchForm.write(readAddress(hash));
    this.#apply();
    this.#host.changed("watch", this.state);
  }

  hide() {
    this.#isShown = false;
  }

  retry() {
    this.#source.retry();
  }

  /** Subscribes as the form says, and keeps that in the page's address. */
  #apply() {
    const wanted = this.#watchForm.read();
    if (this.#isShown) history.replaceState(null, "", writeAddress(wanted));
    this.#publishForm.offer(wanted.channel, wanted.topics);
    this.#showCommands();
    this.#watchForm.showWatching(this.#isWanted);
    if (!this.#isWanted) return;
    const isRunning = !["stopped", "refused"].includes(this.state.name);
    const before = this.#watched;
    if (isRunning && before && isSame(before, wanted)) return;
    const continues = isRunning && this.#source.isReplayed &&
      before?.channel === wanted.channel &&
      before.from === "live" && wanted.from === "live";
    this.#watched = wanted;
    this.#lostAt = undefined;
    if (!continues) this.#feed.entries.clear();
    this.#feed.showChannels(wanted.channel === "");
    this.#watchForm.showError(undefined);
    if (wanted.channel === "" || wanted.topics.length > 0) {
      this.#source.watch(wanted, continues);
    } else {
      this.#source.stop();
      this.#watchForm.showError("Name at least one topic", "topics");
    }
  }

  #toggle() {
    this.#isWanted = !this.#isWanted;
    if (!this.#isWanted) {
      this.#source.stop();
      this.#feed.entries.note("quiet", "Stopped");
    }
    this.#apply();
  }

  /** @param {State} state */
  #changed(state) {
    this.#host.changed("watch", state);
    this.#feed.showState(state.name);
    switch (state.name) {
      case "live":
        this.#noteLive(state.recovered);
        this.#liveAt = Date.now();
        break;
      case "waiting":
        if (this.#lostAt === undefined) {
          this.#lostAt = Date.now();
          this.#feed.entries.note("bad", `Not connected: ${state.reason}`);
        }
        break;
      case "refused": {
        const { message } = state.error;
        this.#watchForm.showError(message, fieldOf(message));
        break;
      }
    }
    if (state.name === "connecting") return;
    for (const resolve of this.#waiters) resolve();
    this.#waiters = [];
  }

  /** @param {boolean | undefined} recovered */
  #noteLive(recovered) {
    if (this.#lostAt === undefined) {
      if (this.#watched) {
        this.#feed.entries.note("quiet", watchingText(this.#watched));
      }
      return;
    }
    const after = formatSpan(Date.now() - this.#lostAt);
    const { isReplayed } = this.#source;
    const outcome = outcomeText(isReplayed, recovered);
    this.#feed.entries.note(
      isReplayed ? "good" : "quiet",
      `Connected again after ${after}${outcome}`,
    );
    this.#lostAt = undefined;
  }

  /**
   * @param {Frame} frame
   * @param {number} at
   */
  #receive(frame, at) {
    if (frame.kind === "gap") this.#feed.entries.addGap(frame);
    if (!isMessage(frame)) return;
    const created = Date.parse(frame.created_at);
    const replayed = this.#source.isReplayed && created < this.#liveAt;
    const ms = Math.max(0, Date.now() - created);
    const latency = replayed ? undefined : { ms, own: false };
    this.#feed.entries.add(frame, at, replayed, latency);
    if (latency) this.#pulse.beat(frame.topic, ms);
    this.#latencies.arrived(frame.id, at);
  }

  /**
   * @param {string} channel
   * @param {string} topic
   */
  #whyUnseen(channel, topic) {
    const isWatching = ["live", "waiting"].includes(this.state.name);
    if (!this.#watched || !isWatching) {
      return "nothing is watched, so it doesn’t show";
    }
    if (this.#watched.channel === "") return undefined;
    if (this.#watched.channel !== channel) {
      return `channel “${channel}” isn’t watched, so it doesn’t show`;
    }
    return this.#watched.topics.includes(topic)
      ? undefined
      : `topic “${topic}” isn’t watched, so it doesn’t show`;
  }

  /** @returns {Promise<void>} */
  #settled() {
    if (this.state.name !== "connecting") return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #showCommands() {
    this.#codeCard.show(this.#watchForm.read(), this.#publishForm);
  }
}

/**
 * Finds the field that an error is about, by the gateway's message.
 *
 * @param {string} message
 */
function fieldOf(message) {
  if (message.includes("the channel")) return "channel";
  return message.includes('"since"') ? "from" : "topics";
}
