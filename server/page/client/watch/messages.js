/** @import { State } from "../parts/state.js" */
/** @import { SseEvent } from "../parts/sse.js" */
/** @import { Watched } from "./address.js" */
/** @import { Frame } from "./frames.js" */
import { adminRequest } from "../parts/admin_api.js";
import { IS_ADMIN_PAGE } from "../parts/key.js";
import { LiveStream } from "../parts/live_stream.js";
import { ApiError, request } from "../parts/request.js";
import { mintToken } from "./api.js";
import { isMessage, parseFrame } from "./frames.js";

/**
 * @typedef {object} Listener
 * @property {(state: State) => void} changed
 * @property {(frame: Frame, at: number) => void} received `at` is a time of `performance.now()`.
 * @property {(count: number) => void} dropped Called when messages were left out, because the page was too slow.
 */

/** Milliseconds that a ping may be late before the connection counts as dead. */
const PING_GRACE_MS = 10_000;
/** @type {Watched} */
const NOTHING = { channel: "", topics: [], from: "live" };

/** The messages of one channel by a subscription, which resumes after the last message, or those of all channels by the admin API. */
export class Messages {
  #stream;
  #listener;
  #watched = NOTHING;
  /** The id of the last message received. @type {string | undefined} */
  #position;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#stream = new LiveStream({
      open: (signal) =>
        this.isReplayed ? this.#subscribe(signal) : this.#follow(signal),
      received: (event) => this.#receive(event),
      changed: listener.changed,
    });
  }

  get state() {
    return this.#stream.state;
  }

  /** Whether it replays what was missed. Operators have no token: they see a channel as a part of all. */
  get isReplayed() {
    return this.#watched.channel !== "" && !IS_ADMIN_PAGE;
  }

  /**
   * Shows other messages from now on.
   *
   * @param {Watched} watched
   * @param {boolean} continues Whether to go on from the current position, with other topics of the same channel.
   */
  watch(watched, continues) {
    this.#watched = watched;
    if (!continues) this.#position = undefined;
    this.#stream.restart();
  }

  stop() {
    this.#stream.stop();
  }

  retry() {
    this.#stream.retry();
  }

  /** @param {AbortSignal} signal */
  async #follow(signal) {
    const response = await adminRequest("messages", { signal });
    this.#stream.live();
    return response;
  }

  /** @param {AbortSignal} signal */
  async #subscribe(signal) {
    const { channel, topics, from } = this.#watched;
    // Each attempt mints a new token: a token expires after a minute, and minting is free here.
    const jwt = await mintToken(channel, topics, signal);
    const query = new URLSearchParams({ protocol: "tidings.v1" });
    const since = this.#position ?? from;
    if (since !== "live") query.set("since", since);
    const headers = { authorization: `Bearer ${jwt}` };
    return await request(`v1/realtime/sse?${query}`, { headers, signal });
  }

  /** @param {SseEvent} event */
  #receive({ name, data }) {
    if (name === "dropped") {
      return this.#listener.dropped(JSON.parse(data).count);
    }
    const frame = parseFrame(data);
    if (this.isReplayed) this.#control(frame);
    else if (!this.#isWanted(frame)) return;
    this.#listener.received(frame, performance.now());
  }

  /** @param {Frame} frame */
  #control(frame) {
    if (isMessage(frame)) this.#position = frame.id;
    else if (frame.kind === "ready") {
      const [channel] = frame.data.channels;
      this.#position = channel?.position;
      this.#stream.expectWithin(frame.data.ping_interval_ms + PING_GRACE_MS);
      this.#stream.live(channel?.recovered);
    } else if (frame.kind === "ping") {
      this.#position = frame.data[this.#watched.channel] ?? this.#position;
    } else if (frame.kind === "closing") {
      this.#stream.pauseFor(frame.data.retry_after_ms);
    } else if (frame.kind === "error") {
      const { code, message } = frame.data;
      // The next attempt has a new token.
      const isOver = code === "token_expired";
      throw new ApiError(isOver ? "unavailable" : code, message);
    }
  }

  /** @param {Frame} frame */
  #isWanted(frame) {
    const { channel, topics } = this.#watched;
    return isMessage(frame) && (channel === "" ||
      channel === frame.channel && topics.includes(frame.topic));
  }
}
