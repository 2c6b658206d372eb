/** @import { Watched } from "./address.js" */
/** @import { State } from "./connection.js" */
/** @import { Frame } from "./frames.js" */
/** @import { Field } from "./watch_form.js" */
import { isSame, readAddress, writeAddress } from "./address.js";
import { GATEWAY, readHealth } from "./api.js";
import {
  publishCommand,
  snippet,
  streamCommand,
  watchCommand,
} from "./commands.js";
import { Connection } from "./connection.js";
import { byId, copies, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { formatSpan } from "./format.js";
import { isMessage } from "./frames.js";
import { Latencies, quantile } from "./latency.js";
import { PublishForm } from "./publish_form.js";
import { Pulse } from "./pulse.js";
import { StatusLine } from "./status_line.js";
import { makeTabs } from "./tabs.js";
import { WatchForm } from "./watch_form.js";

const feed = new Feed();
const pulse = new Pulse();
const latencies = new Latencies(feed.entries, showLatency);
const connection = new Connection({ changed, received });
const watchForm = new WatchForm({ changed: apply, toggled: toggle });
const status = new StatusLine(() => connection.retry());
const publishForm = new PublishForm({
  latencies,
  channel: () => watchForm.read().channel,
  watchedTopics: () =>
    ["live", "waiting"].includes(connection.state.name)
      ? watchForm.read().topics
      : [],
  settled,
  changed: showCommands,
});

/** Whether the user wants to watch. Whether messages arrive is the connection's state. */
let isWanted = true;
/** @type {Watched | undefined} */
let watched;
/** When the connection became live, by `Date.now()`: older messages were in the log. */
let liveAt = Infinity;
/** When the connection was lost, until it is back. @type {number | undefined} */
let lostAt;
/** @type {(() => void)[]} */
let waiters = [];

/** Subscribes as the form says, and keeps that in the page's address. */
function apply() {
  const wanted = watchForm.read();
  history.replaceState(null, "", writeAddress(wanted));
  publishForm.offer(wanted.topics);
  showCommands();
  watchForm.showWatching(isWanted);
  if (!isWanted) return;
  const isRunning = !["stopped", "refused"].includes(connection.state.name);
  if (isRunning && watched && isSame(watched, wanted)) return;
  const continues = isRunning && watched?.channel === wanted.channel &&
    watched.from === "live" && wanted.from === "live";
  watched = wanted;
  lostAt = undefined;
  if (!continues) feed.entries.clear();
  watchForm.showError(undefined);
  if (wanted.topics.length > 0) connection.watch(wanted, continues);
  else {
    connection.stop();
    watchForm.showError("Name at least one topic", "topics");
  }
}

function toggle() {
  isWanted = !isWanted;
  if (!isWanted) {
    connection.stop();
    feed.entries.note("quiet", "Stopped");
  }
  apply();
}

/** @param {State} state */
function changed(state) {
  status.show(state);
  feed.showState(state.name);
  switch (state.name) {
    case "live":
      noteLive(state.recovered);
      liveAt = Date.now();
      break;
    case "waiting":
      if (lostAt === undefined) {
        lostAt = Date.now();
        feed.entries.note("bad", `Not connected: ${state.reason}`);
      }
      break;
    case "refused": {
      const { message } = state.error;
      watchForm.showError(message, fieldOf(message));
      break;
    }
  }
  if (state.name === "connecting") return;
  for (const resolve of waiters) resolve();
  waiters = [];
}

/**
 * Finds the field that an error is about, by the gateway's message.
 *
 * @param {string} message
 * @returns {Field}
 */
function fieldOf(message) {
  if (message.includes("the channel")) return "channel";
  return message.includes('"since"') ? "from" : "topics";
}

/** @param {boolean | undefined} recovered */
function noteLive(recovered) {
  if (lostAt === undefined) {
    const { channel = "", topics = [], from = "" } = watched ?? {};
    feed.entries.note(
      "quiet",
      `Watching ${topics.join(", ")} on ${channel}, ${fromText(from)}`,
    );
    return;
  }
  const after = formatSpan(Date.now() - lostAt);
  const outcome = recovered ? ": nothing is missing" : "";
  feed.entries.note("good", `Connected again after ${after}${outcome}`);
  lostAt = undefined;
}

/** @param {string} from */
function fromText(from) {
  if (from === "live") return "from now on";
  if (from === "start") return "from the start of the log";
  return from.startsWith("last:")
    ? `from the last ${from.slice("last:".length)} on`
    : `from after ${from}`;
}

/**
 * @param {Frame} frame
 * @param {number} at
 */
function received(frame, at) {
  if (frame.kind === "gap") feed.entries.addGap(frame);
  if (!isMessage(frame)) return;
  const created = Date.parse(frame.created_at);
  const replayed = created < liveAt;
  const ms = Math.max(0, Date.now() - created);
  const latency = replayed ? undefined : { ms, own: false };
  feed.entries.add(frame, at, replayed, latency);
  if (latency) pulse.beat(frame.topic, ms);
  latencies.arrived(frame.id, at);
}

function showLatency() {
  const { own } = latencies;
  const place = byId("latency", HTMLElement);
  const [median, most] = [quantile(own, 0.5), quantile(own, 0.95)];
  setText(
    place,
    `Publish to here: median ${formatSpan(median)}, 95% within ${
      formatSpan(most)
    }`,
  );
}

/** @returns {Promise<void>} */
function settled() {
  if (connection.state.name !== "connecting") return Promise.resolve();
  return new Promise((resolve) => waiters.push(resolve));
}

function showCommands() {
  const form = watchForm.read();
  const { topic, body } = publishForm;
  const publish = publishCommand(GATEWAY, form.channel, topic, body);
  const texts = {
    "publish-code": publish,
    "empty-code": publish,
    "stream-code": streamCommand(GATEWAY, form.channel, topic),
    "watch-code": watchCommand(GATEWAY, form),
    "typescript-code": snippet(GATEWAY, form),
  };
  for (const [id, text] of Object.entries(texts)) {
    setText(byId(id, HTMLElement), text);
  }
}

async function showGateway() {
  setText(byId("address", HTMLElement), GATEWAY.host);
  const { version, broker } = await readHealth();
  setText(byId("version", HTMLElement), `${version}, ${broker} broker`);
}

function start() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const source = byId(button.dataset.copy ?? "", HTMLElement);
    copies(button, () => source.textContent ?? "");
  }
  makeTabs(byId("tabs", HTMLElement));
  watchForm.write(readAddress(location.hash));
  addEventListener("hashchange", () => {
    watchForm.write(readAddress(location.hash));
    apply();
  });
  apply();
  // The version is an extra. The connection shows when the gateway doesn't answer.
  showGateway().catch((error) => console.debug(error));
}

start();
