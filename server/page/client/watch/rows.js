/** @import { Entry, Latency, MessageEntry, NoteEntry, StreamEntry } from "./entries.js" */
import { copies, el, setText } from "../parts/dom.js";
import {
  formatCount,
  formatNumber,
  formatSpan,
  formatTime,
  hueOf,
  splitId,
} from "../parts/format.js";
import { colorJson } from "./json_view.js";

/**
 * The list's row of an entry.
 *
 * @typedef {object} Row
 * @property {HTMLLIElement} element
 * @property {() => void} update Shows changes of the entry.
 */

/** Characters of a message that its row shows while it is closed. */
const PREVIEW = 400;
/** Characters of JSON that an open row shows: a browser takes 1 KB for a line. */
const MAX_SHOWN = 100_000;
/** Characters of a data stream that its row shows: the last ones, where the stream grows. */
const STREAM_PREVIEW = 1_500;

/**
 * Makes the row of an entry.
 *
 * @param {Entry} entry
 */
export function createRow(entry) {
  switch (entry.type) {
    case "message":
      return messageRow(entry);
    case "stream":
      return streamRow(entry);
    case "note":
      return noteRow(entry);
  }
}

/**
 * Tells whether an entry contains the words of a search, which are in lower case.
 *
 * @param {Entry} entry
 * @param {string} words
 */
export function matches(entry, words) {
  if (words === "") return true;
  if (entry.type === "note") return false;
  const { id, channel, topic, kind, data } = entry.message;
  const text = entry.type === "stream" ? entry.text : data;
  return `${id} ${channel} ${topic} ${kind} ${text}`.toLowerCase().includes(
    words,
  );
}

/** @param {NoteEntry} entry */
function noteRow({ tone, text, time }) {
  const clock = el("time", "time", formatTime(time));
  const element = el("li", `note ${tone}`, clock, el("span", "", text));
  return { element, update() {} };
}

/** @param {MessageEntry} entry */
function messageRow(entry) {
  const { message } = entry;
  const { data, metadata, kind } = message;
  const preview = el("span", "data");
  if (data === '""') preview.append(el("i", "dim", "empty text"));
  else if (data.startsWith('"')) preview.append(clip(JSON.parse(data)));
  else preview.append(colorJson(clip(data)));
  const facts = el("span", "facts");
  if (kind !== "data") preview.prepend(el("span", "badge", kind), " ");
  const element = foldable(entry, preview, facts, () => ({
    ...message,
    data: JSON.parse(data),
    metadata: metadata && JSON.parse(metadata),
  }));
  function update() {
    const { latency, replayed } = entry;
    facts.className = latency?.own ? "facts own" : "facts";
    setText(
      facts,
      latency ? latencyText(latency) : replayed ? "from the log" : "",
    );
    facts.title = latency
      ? latency.own
        ? "From publishing on this page to arriving here"
        : "From the gateway’s created_at to arriving here"
      : replayed
      ? "Published before this page watched for it"
      : "";
  }
  update();
  return { element, update };
}

/** @param {Latency} latency */
function latencyText({ ms, own }) {
  if (own) return formatSpan(ms);
  // `created_at` is in whole milliseconds.
  return ms < 1 ? "<1 ms" : ms < 10 ? `${ms} ms` : formatSpan(ms);
}

/** @param {StreamEntry} entry */
function streamRow(entry) {
  const text = el("span", "data stream");
  const facts = el("span", "facts");
  const element = foldable(entry, text, facts, () => ({
    stream_id: entry.message.stream_id,
    channel: entry.message.channel,
    topic: entry.message.topic,
    first_id: entry.message.id,
    state: entry.state,
    chunks: entry.chunks,
    text: entry.text,
  }));
  function update() {
    setText(text, tail(entry));
    text.dataset.state = entry.state;
    setText(facts, `${formatCount(entry.chunks, "chunk")}${outcome(entry)}`);
    facts.title = clip(entry.error ?? "");
    facts.className = `facts ${
      entry.state === "failed" || entry.state === "incomplete" ? "bad" : ""
    }`;
  }
  update();
  return { element, update };
}

/** @param {StreamEntry} entry */
function tail({ text, length, joinedLate }) {
  const end = text.slice(-STREAM_PREVIEW);
  return joinedLate || end.length < length ? `…${end}` : end;
}

/** @param {StreamEntry} entry */
function outcome({ state, error, message, lastAt }) {
  switch (state) {
    case "open":
      return " …";
    case "ended": {
      const ms = Date.parse(lastAt) - Date.parse(message.created_at);
      return ` in ${formatSpan(ms)}`;
    }
    case "failed":
      return `, failed: ${clip(error ?? "")}`;
    case "incomplete":
      return ", incomplete";
  }
}

/**
 * Makes a row that opens to show the whole entry.
 *
 * @param {MessageEntry | StreamEntry} entry
 * @param {HTMLElement} data
 * @param {HTMLElement} facts
 * @param {() => unknown} everything
 */
function foldable({ message }, data, facts, everything) {
  const { epoch, offset } = splitId(message.id);
  const time = el("time", "time", formatTime(new Date(message.created_at)));
  time.dateTime = message.created_at;
  const id = el("span", "id", el("span", "epoch", `${epoch}-`), offset);
  id.title = message.id;
  const topic = el("span", `topic hue-${hueOf(message.topic)}`, message.topic);
  topic.title = message.topic;
  // Only a list of all channels shows it.
  const channel = el("span", "channel", message.channel);
  channel.title = message.channel;
  const place = el("span", "place", channel, topic);
  const summary = el("summary", "", time, place, data, facts, id);
  const details = el("details", "", summary);
  details.addEventListener("toggle", () => {
    details.querySelector(".whole")?.remove();
    if (details.open) details.append(wholeOf(message.id, everything));
  });
  const element = el("li", "row", details);
  element.dataset.id = message.id;
  return element;
}

/**
 * @param {string} id
 * @param {() => unknown} value
 */
function wholeOf(id, value) {
  const json = () => JSON.stringify(value(), null, 2);
  const copyJson = el("button", "small", "Copy JSON");
  const copyId = el("button", "small", "Copy id");
  copies(copyJson, json);
  copies(copyId, () => id);
  const tools = el("p", "tools", copyJson, copyId);
  const shown = json();
  const text = el("pre", "json");
  text.append(colorJson(clip(shown, MAX_SHOWN)));
  if (shown.length > MAX_SHOWN) {
    const first = formatCount(MAX_SHOWN, "character");
    const hint = `The first ${first} of ${formatNumber(shown.length)}`;
    tools.append(el("span", "hint", hint));
  }
  return el("div", "whole", tools, text);
}

/**
 * @param {string} text
 * @param {number} [length]
 */
function clip(text, length = PREVIEW) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
