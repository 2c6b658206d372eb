/** @import { Watched } from "./address.js" */
/** @import { State } from "../parts/state.js" */
/** @import { Frame } from "./frames.js" */
import { ApiError, GATEWAY } from "../parts/request.js";
import { waitMs } from "../parts/state.js";
import { mintToken } from "./api.js";
import { isMessage, parseFrame } from "./frames.js";

/**
 * @typedef {object} Listener
 * @property {(state: State) => void} changed
 * @property {(frame: Frame, at: number) => void} received `at` is a time of `performance.now()`.
 */

/** Milliseconds that a ping may be late before the connection counts as dead. */
const PING_GRACE_MS = 10_000;

/** @type {Record<number, string>} */
const REASONS = {
  1001: "the gateway went away",
  1006: "the connection broke off",
  1009: "a frame was too big",
  1012: "the gateway restarts",
  4401: "the token ran out",
  4408: "this page was too slow",
  4429: "a limit was reached",
};

/** A subscription that reconnects: it opens a lost connection again and resumes after the last message. */
export class Connection {
  /** @type {State} */
  #state = { name: "stopped" };
  /** @type {Watched | undefined} */
  #watched;
  /** The id of the last message received. @type {string | undefined} */
  #position;
  #failures = 0;
  /** @type {number | undefined} */
  #retryAfterMs;
  /** The error that the gateway sent before it closed the connection. @type {ApiError | undefined} */
  #complaint;
  #overdueMs = 25_000;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Aborts the previous attempt's listeners. */
  #attempt = new AbortController();
  /** @type {Listener} */
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /**
   * Subscribes, and leaves the previous subscription.
   *
   * @param {Watched} watched
   * @param {boolean} continues Whether to go on from the current position, with other topics of the same channel.
   */
  watch(watched, continues) {
    this.#watched = watched;
    if (!continues) this.#position = undefined;
    this.#failures = 0;
    this.#open(watched);
  }

  /** Ends the subscription. */
  stop() {
    this.#renew();
    this.#watched = undefined;
    this.#change({ name: "stopped" });
  }

  /** Reconnects at once. */
  retry() {
    if (this.#watched && this.#state.name !== "live") this.#open(this.#watched);
  }

  /** Ends the previous attempt. */
  #renew() {
    clearTimeout(this.#timer);
    this.#attempt.abort();
    this.#attempt = new AbortController();
    this.#retryAfterMs = undefined;
    this.#complaint = undefined;
    return this.#attempt.signal;
  }

  /** @param {State} state */
  #change(state) {
    this.#state = state;
    this.#listener.changed(state);
  }

  /** @param {Watched} watched */
  async #open(watched) {
    const signal = this.#renew();
    this.#change({ name: "connecting" });
    try {
      // Each attempt mints a new token: a token expires after a minute, and minting is free here.
      const jwt = await mintToken(watched.channel, watched.topics);
      if (!signal.aborted) this.#connect(watched, jwt, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      if (error.isTransient) this.#wait(error.message);
      else this.#refuse(error);
    }
  }

  /**
   * @param {Watched} watched
   * @param {string} jwt
   * @param {AbortSignal} signal
   */
  #connect({ from }, jwt, signal) {
    const url = new URL("v1/realtime/connect", GATEWAY);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const since = this.#position ?? from;
    if (since !== "live") url.searchParams.set("since", since);
    const socket = new WebSocket(url, ["tidings.v1", `tidings.bearer.${jwt}`]);
    signal.addEventListener("abort", () => socket.close());
    socket.addEventListener("message", ({ data }) => {
      const at = performance.now();
      this.#expectPing(signal);
      // `tidings.v1` joins frames by newlines.
      for (const line of data.split("\n")) {
        this.#receive(parseFrame(line), at, socket);
      }
    }, { signal });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#lose(code, reason);
    }, { signal });
    this.#expectPing(signal);
  }

  /**
   * Reconnects when the gateway's pings stop: a dead connection may never report an error.
   *
   * @param {AbortSignal} signal
   */
  #expectPing(signal) {
    clearTimeout(this.#timer);
    if (signal.aborted) return;
    this.#timer = setTimeout(
      () => this.#wait("the gateway fell silent"),
      this.#overdueMs,
    );
  }

  /**
   * @param {Frame} frame
   * @param {number} at
   * @param {WebSocket} socket
   */
  #receive(frame, at, socket) {
    if (isMessage(frame)) this.#position = frame.id;
    else if (frame.kind === "ready") {
      const [channel] = frame.data.channels;
      this.#failures = 0;
      this.#position = channel?.position;
      this.#overdueMs = frame.data.ping_interval_ms + PING_GRACE_MS;
      this.#change({ name: "live", recovered: channel?.recovered });
    } else if (frame.kind === "ping") {
      this.#position = frame.data[this.#watched?.channel ?? ""] ??
        this.#position;
      socket.send('{"kind":"pong"}');
    } else if (frame.kind === "closing") {
      this.#retryAfterMs = frame.data.retry_after_ms;
    } else if (frame.kind === "error") {
      this.#complaint = new ApiError(frame.data.code, frame.data.message);
    }
    this.#listener.received(frame, at);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lose(code, reason) {
    const complaint = this.#complaint;
    const isFinal = complaint && !complaint.isTransient &&
      complaint.code !== "token_expired";
    if (isFinal) this.#refuse(complaint);
    else if (code === 4403) {
      this.#refuse(new ApiError("forbidden", `The gateway refused: ${reason}`));
    } else this.#wait(REASONS[code] ?? `${reason || "closed"} (code ${code})`);
  }

  /** @param {ApiError} error */
  #refuse(error) {
    this.#renew();
    this.#change({ name: "refused", error });
  }

  /** @param {string} reason */
  #wait(reason) {
    const ms = this.#retryAfterMs ?? waitMs(this.#failures);
    this.#failures++;
    this.#renew();
    this.#timer = setTimeout(() => this.retry(), ms);
    this.#change({ name: "waiting", reason, until: Date.now() + ms });
  }
}
