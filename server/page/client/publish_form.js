/** @import { Latencies } from "./latency.js" */
import { ApiError, publish, publishBatch } from "./api.js";
import { byId, setText } from "./dom.js";
import { formatCount, formatSpan } from "./format.js";
import { quantile } from "./latency.js";

const BURST = 100;
/** About the speed of a language model's answer. */
const WORD_MS = 45;
const MAX_WORDS = 300;

/**
 * The parts of the page that the form uses.
 *
 * @typedef {object} PublishHost
 * @property {Latencies} latencies
 * @property {() => string} channel
 * @property {() => readonly string[]} watchedTopics The topics whose messages arrive; none while nothing is watched.
 * @property {() => Promise<void>} settled Resolves when the page isn't connecting: a message published earlier would be missed.
 * @property {() => void} changed
 */

/** Publishes to the channel: one message, many, or text as a data stream. */
export class PublishForm {
  #topic = byId("publish-topic", HTMLInputElement);
  #topics = byId("topic-options", HTMLDataListElement);
  #data = byId("data", HTMLTextAreaElement);
  #hint = byId("data-hint", HTMLElement);
  #result = byId("publish-result", HTMLElement);
  #buttons = ["publish-one", "publish-stream", "publish-burst"]
    .map((id) => byId(id, HTMLButtonElement));
  #host;
  #isBusy = false;
  /** Whether the user typed a topic. Until then it follows the watched ones. */
  #isOwnTopic = false;

  /** @param {PublishHost} host */
  constructor(host) {
    this.#host = host;
    this.#topic.addEventListener("input", () => {
      this.#isOwnTopic = this.#topic.value !== "";
      host.changed();
    });
    this.#data.addEventListener("input", () => {
      this.#describe();
      host.changed();
    });
    this.#data.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#run(() => this.#publishOne());
    });
    byId("publish", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run(() => this.#publishOne());
    });
    byId("publish-stream", HTMLButtonElement)
      .addEventListener("click", () => this.#run(() => this.#stream()));
    byId("publish-burst", HTMLButtonElement)
      .addEventListener("click", () => this.#run(() => this.#burst()));
    this.#describe();
  }

  get topic() {
    return this.#topic.value;
  }

  get body() {
    return this.#data.value;
  }

  /**
   * Suggests the watched topics.
   *
   * @param {readonly string[]} topics
   */
  offer(topics) {
    this.#topics.replaceChildren(
      ...topics.map((topic) => new Option(topic, topic)),
    );
    if (!this.#isOwnTopic) this.#topic.value = topics[0] ?? "";
  }

  #describe() {
    const json = parse(this.body);
    setText(
      this.#hint,
      json === undefined
        ? "Text, sent on as a JSON string"
        : `JSON ${typeName(json.value)}`,
    );
  }

  /**
   * Runs one action at a time and shows its result.
   *
   * @param {() => Promise<void>} action
   */
  async #run(action) {
    if (this.#isBusy) return;
    this.#setBusy(true);
    try {
      await this.#host.settled();
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#say(error.message, "bad");
    } finally {
      this.#setBusy(false);
    }
  }

  async #publishOne() {
    const { topic, body } = this;
    const at = performance.now();
    const id = await publish(this.#host.channel(), topic, body);
    const answered = formatSpan(performance.now() - at);
    this.#await(topic, `Published ${id}, answered in ${answered}`, async () => {
      const ms = await this.#host.latencies.published(id, at);
      return `, here after ${formatSpan(ms)}`;
    });
  }

  async #burst() {
    const { topic } = this;
    const line = { channel: this.#host.channel(), topic, data: this.#value() };
    const at = performance.now();
    const ids = await publishBatch(Array.from({ length: BURST }, () => line));
    const answered = formatSpan(performance.now() - at);
    const published = `Published ${BURST} messages, answered in ${answered}`;
    this.#await(topic, published, async () => {
      const arrivals = ids.map((id) => this.#host.latencies.published(id, at));
      const times = await Promise.all(arrivals);
      const [half, all] = [quantile(times, 0.5), quantile(times, 1)];
      return `, half of them here after ${formatSpan(half)}, all after ${
        formatSpan(all)
      }`;
    });
  }

  /**
   * Shows what was published and, once it arrives here, its latency.
   *
   * @param {string} topic
   * @param {string} published
   * @param {() => Promise<string>} arrive
   */
  async #await(topic, published, arrive) {
    if (!this.#isWatched(topic)) {
      return this.#say(published + this.#unseen(topic));
    }
    this.#say(published, "good");
    const arrived = await arrive();
    // A later publish may have shown its own result meanwhile.
    if (this.#result.textContent === published) {
      this.#say(published + arrived, "good");
    }
  }

  /** Publishes the text word by word, as a language model would. */
  async #stream() {
    const { topic } = this;
    const channel = this.#host.channel();
    const words = (this.body.match(/\s*\S+/g) ?? []).slice(0, MAX_WORDS);
    const streamId = crypto.randomUUID();
    const line = { channel, topic, stream_id: streamId };
    await publishBatch([{ ...line, kind: "datastream-start", data: streamId }]);
    for (const [index, data] of words.entries()) {
      await publishBatch([{ ...line, kind: "chunk", data }]);
      this.#say(
        `Streaming: ${index + 1} of ${formatCount(words.length, "word")}`,
      );
      await new Promise((resolve) => setTimeout(resolve, WORD_MS));
    }
    await publishBatch([{ ...line, kind: "datastream-end", data: streamId }]);
    const streamed = `Streamed ${formatCount(words.length, "word")}`;
    if (this.#isWatched(topic)) this.#say(streamed, "good");
    else this.#say(streamed + this.#unseen(topic));
  }

  /** Shows how the gateway reads the text. */
  #value() {
    const json = parse(this.body);
    return json === undefined ? this.body : json.value;
  }

  /** @param {string} topic */
  #isWatched(topic) {
    return this.#host.watchedTopics().includes(topic);
  }

  /** @param {string} topic */
  #unseen(topic) {
    return this.#host.watchedTopics().length === 0
      ? "; nothing is watched, so it doesn’t show"
      : `; topic “${topic}” isn’t watched, so it doesn’t show`;
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    // `disabled` would take the focus away from the button just pressed.
    for (const button of this.#buttons) {
      button.setAttribute("aria-disabled", String(isBusy));
    }
  }

  /**
   * @param {string} text
   * @param {"good" | "bad" | "quiet"} tone
   */
  #say(text, tone = "quiet") {
    setText(this.#result, text);
    this.#result.className = `result ${tone}`;
  }
}

/**
 * @param {string} text
 * @returns {{ value: unknown } | undefined}
 */
function parse(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The gateway publishes anything that is not JSON as text.
    return undefined;
  }
}

/** @param {unknown} value */
function typeName(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
