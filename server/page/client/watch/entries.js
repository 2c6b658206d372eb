/** @import { Gap, Message } from "./frames.js" */
import { splitId } from "../parts/format.js";

/**
 * @typedef {{ ms: number, own: boolean }} Latency The time until the message arrived: from this page's request, or from the gateway's `created_at`.
 *
 * @typedef {object} MessageEntry A message.
 * @property {"message"} type
 * @property {number} number
 * @property {Message} message
 * @property {number} at When it arrived, by `performance.now()`.
 * @property {boolean} replayed Whether it was published before the subscription began.
 * @property {Latency | undefined} latency
 *
 * @typedef {object} StreamEntry A data stream: its chunks, joined.
 * @property {"stream"} type
 * @property {number} number
 * @property {Message} message The first frame that arrived.
 * @property {string} text The stream's text; only its end, if it is long.
 * @property {number} length How many characters arrived.
 * @property {number} chunks
 * @property {"open" | "ended" | "failed" | "incomplete"} state
 * @property {boolean} joinedLate Whether its start is missing.
 * @property {string} lastAt The `created_at` of the last frame.
 * @property {boolean} replayed
 * @property {string | undefined} error
 *
 * @typedef {object} NoteEntry An event of the connection.
 * @property {"note"} type
 * @property {number} number
 * @property {"quiet" | "good" | "bad"} tone
 * @property {string} text
 * @property {number} time
 *
 * @typedef {MessageEntry | StreamEntry | NoteEntry} Entry
 */

/** The number of entries that are kept, and the characters of their texts together. */
const MAX_ENTRIES = 500;
const MAX_LENGTH = 16_000_000;
/** The characters that are kept of a data stream. */
const MAX_TEXT = 100_000;
const STREAM_KINDS = new Set(["datastream-start", "chunk", "datastream-end"]);

/** The newest entries, oldest first. */
export class Entries {
  /** @type {Entry[]} */
  #all = [];
  /** @type {Map<string, StreamEntry>} */
  #open = new Map();
  /** Entries that changed since the last `takeChanged()`. @type {Set<Entry>} */
  #changed = new Set();
  /** @type {Map<string, MessageEntry>} */
  #byId = new Map();
  #next = 0;
  #messages = 0;
  /** The characters of all entries. */
  #length = 0;
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get all() {
    return this.#all;
  }

  /** How many messages arrived; a data stream counts as one. */
  get messages() {
    return this.#messages;
  }

  /** Returns the entries that changed since the last call. */
  takeChanged() {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /**
   * Adds a message. A chunk goes to its stream's entry.
   *
   * @param {Message} message
   * @param {number} at
   * @param {boolean} replayed
   * @param {Latency} [latency]
   */
  add(message, at, replayed, latency) {
    const { stream_id: streamId } = message;
    if (streamId !== undefined && STREAM_KINDS.has(message.kind)) {
      this.#addToStream(message, streamId, replayed);
      return;
    }
    this.#messages++;
    const entry = this.#append({
      type: "message",
      number: this.#next++,
      message,
      at,
      replayed,
      latency,
    });
    this.#byId.set(message.id, entry);
  }

  /**
   * Returns the entry of a message, if it is still kept.
   *
   * @param {string} id
   */
  find(id) {
    return this.#byId.get(id);
  }

  /**
   * Sets how long a message took.
   *
   * @param {MessageEntry} entry
   * @param {Latency} latency
   */
  setLatency(entry, latency) {
    entry.latency = latency;
    this.#touch(entry);
  }

  /**
   * @param {NoteEntry["tone"]} tone
   * @param {string} text
   */
  note(tone, text) {
    const time = Date.now();
    this.#append({ type: "note", number: this.#next++, tone, text, time });
  }

  /**
   * Notes which messages are missing, also in the streams that they may belong to.
   *
   * @param {Gap} gap
   */
  addGap({ data: { after, before } }) {
    for (const stream of this.#open.values()) {
      stream.state = "incomplete";
      this.#touch(stream);
    }
    const from = splitId(after);
    const to = splitId(before);
    const lost = Number(to.offset) - Number(from.offset) - 1;
    this.note(
      "bad",
      from.epoch === to.epoch
        ? `Gap: the ${lost} after ${after} and before ${before} can’t be delivered any more`
        : `Gap: the log that had ${after} was lost; what follows begins with ${before}`,
    );
  }

  clear() {
    this.#all = [];
    this.#byId.clear();
    this.#open.clear();
    this.#changed.clear();
    this.#messages = this.#length = 0;
    this.#onChange();
  }

  /**
   * @param {Message} message
   * @param {string} streamId
   * @param {boolean} replayed
   */
  #addToStream(message, streamId, replayed) {
    const stream = this.#open.get(streamId) ??
      this.#openStream(message, streamId, replayed);
    this.#length -= lengthOf(stream);
    stream.lastAt = message.created_at;
    if (message.kind === "chunk") {
      const { data } = message;
      const piece = data.startsWith('"') ? JSON.parse(data) : `${data}\n`;
      stream.chunks++;
      stream.length += piece.length;
      stream.text += piece;
      if (stream.text.length > 2 * MAX_TEXT) {
        // A slice would keep the whole text; its copy does not.
        const end = JSON.stringify(stream.text.slice(-MAX_TEXT));
        stream.text = JSON.parse(end);
      }
    } else if (message.kind === "datastream-end") {
      stream.error = errorIn(JSON.parse(message.metadata ?? "null"));
      if (stream.error !== undefined) stream.state = "failed";
      else if (stream.state === "open") stream.state = "ended";
      this.#open.delete(streamId);
    }
    this.#length += lengthOf(stream);
    this.#touch(stream);
    this.#dropOldest();
  }

  /**
   * @param {Message} message
   * @param {string} streamId
   * @param {boolean} replayed
   */
  #openStream(message, streamId, replayed) {
    this.#messages++;
    const stream = this.#append({
      type: "stream",
      number: this.#next++,
      message,
      text: "",
      length: 0,
      chunks: 0,
      state: "open",
      joinedLate: message.kind !== "datastream-start",
      lastAt: message.created_at,
      replayed,
      error: undefined,
    });
    this.#open.set(streamId, stream);
    return stream;
  }

  /**
   * @template {Entry} T
   * @param {T} entry
   * @returns {T}
   */
  #append(entry) {
    this.#all.push(entry);
    this.#length += lengthOf(entry);
    this.#dropOldest();
    this.#onChange();
    return entry;
  }

  /** Drops the oldest entries where there is too much; the newest stays, however long it is. */
  #dropOldest() {
    const isTooMuch = () =>
      this.#all.length > MAX_ENTRIES || this.#length > MAX_LENGTH;
    while (this.#all.length > 1 && isTooMuch()) {
      const gone = this.#all.shift();
      if (!gone) return;
      this.#length -= lengthOf(gone);
      this.#changed.delete(gone);
      if (gone.type === "message") this.#byId.delete(gone.message.id);
      if (gone.type === "stream") this.#forget(gone);
    }
  }

  /** @param {StreamEntry} stream */
  #forget(stream) {
    const id = stream.message.stream_id ?? "";
    if (this.#open.get(id) === stream) this.#open.delete(id);
  }

  /** @param {Entry} entry */
  #touch(entry) {
    this.#changed.add(entry);
    this.#onChange();
  }
}

/**
 * Returns how many characters an entry keeps.
 *
 * @param {Entry} entry
 */
function lengthOf(entry) {
  if (entry.type === "note") return entry.text.length;
  const { data, metadata = "" } = entry.message;
  const length = data.length + metadata.length;
  if (entry.type === "message") return length;
  return length + entry.text.length + (entry.error ?? "").length;
}

/**
 * Returns the reason why a stream failed, if it did.
 *
 * @param {unknown} metadata
 */
function errorIn(metadata) {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (!("error" in metadata)) return undefined;
  const { error } = metadata;
  const message = typeof error === "object" && error !== null &&
    "message" in error && error.message;
  return typeof message === "string" ? message : JSON.stringify(error);
}
