/** @import { Latencies } from "./latency.js" */
import { byId, setText } from "../parts/dom.js";
import { formatCount, formatSpan } from "../parts/format.js";
import { ApiError } from "../parts/request.js";
import { publish, publishBatch } from "./api.js";
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
 * @property {(channel: string, topic: string) => string | undefined} whyUnseen Returns why a message published there doesn’t arrive at the page.
 * @property {() => Promise<void>} settled Resolves when the page isn't connecting: a message published earlier would be missed.
 * @property {() => void} changed
 */

/** Where messages go until the user has named a channel and a topic. */
const FIRST = { channel: "demo", topic: "hello" };

/** Publishes to a channel: one message, many, or text as a data stream. */
export class PublishForm {
  #channel = byId("publish-channel", HTMLInputElement);
  #topic = byId("publish-topic", HTMLInputElement);
  #topics = byId("topic-options", HTMLDataListElement);
  #data = byId("data", HTMLTextAreaElement);
  #hint = byId("data-hint", HTMLElement);
  #result = byId("publish-result", HTMLElement);
  #buttons = ["publish-one", "publish-stream", "publish-burst"]
    .map((id) => byId(id, HTMLButtonElement));
  #host;
  #isBusy = false;
  /** Whether the user typed a channel, or a topic. Until then they follow the watched ones. */
  #isOwnChannel = false;
  #isOwnTopic = false;

  /** @param {PublishHost} host */
  constructor(host) {
    this.#host = host;
    this.#channel.addEventListener("input", () => {
      this.#isOwnChannel = this.#channel.value !== "";
      host.changed();
    });
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

  get channel() {
    return this.#channel.value;
  }

  get topic() {
    return this.#topic.value;
  }

  get body() {
    return this.#data.value;
  }

  /**
   * Suggests what is watched.
   *
   * @param {string} channel Empty for all channels.
   * @param {readonly string[]} topics
   */
  offer(channel, topics) {
    const isAll = channel === "";
    if (!this.#isOwnChannel) {
      this.#channel.value = isAll ? FIRST.channel : channel;
    }
    this.#topics.replaceChildren(
      ...topics.map((topic) => new Option(topic, topic)),
    );
    if (!this.#isOwnTopic) {
      this.#topic.value = isAll ? FIRST.topic : topics[0] ?? "";
    }
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
    const { channel, topic, body } = this;
    const at = performance.now();
    const id = await publish(channel, topic, body);
    const answered = formatSpan(performance.now() - at);
    this.#await(
      channel,
      topic,
      `Published ${id}, answered in ${answered}`,
      async () => {
        const ms = await this.#host.latencies.published(id, at);
        return `, here after ${formatSpan(ms)}`;
      },
    );
  }

  async #burst() {
    const { channel, topic } = this;
    const line = { channel, topic, data: this.#value() };
    const at = performance.now();
    const ids = await publishBatch(Array.from({ length: BURST }, () => line));
    const answered = formatSpan(performance.now() - at);
    const published = `Published ${BURST} messages, answered in ${answered}`;
    this.#await(channel, topic, published, async () => {
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
   * @param {string} channel
   * @param {string} topic
   * @param {string} published
   * @param {() => Promise<string>} arrive
   */
  async #await(channel, topic, published, arrive) {
    const unseen = this.#host.whyUnseen(channel, topic);
    if (unseen !== undefined) return this.#say(`${published}; ${unseen}`);
    this.#say(published, "good");
    const arrived = await arrive();
    // A later publish may have shown its own result meanwhile.
    if (this.#result.textContent === published) {
      this.#say(published + arrived, "good");
    }
  }

  /** Publishes the text word by word, as a language model would. */
  async #stream() {
    const { channel, topic } = this;
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
    const unseen = this.#host.whyUnseen(channel, topic);
    if (unseen === undefined) this.#say(streamed, "good");
    else this.#say(`${streamed}; ${unseen}`);
  }

  /** Shows how the gateway reads the text. */
  #value() {
    const json = parse(this.body);
    return json === undefined ? this.body : json.value;
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

/** @param {string} text */
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
