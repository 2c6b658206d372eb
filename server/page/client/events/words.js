/** @import { EventAnswer } from "../../../admin/answers.ts" */
import { formatBytes, formatCount } from "../parts/format.js";

/**
 * Says what happened, in words that go on after the name of the event.
 *
 * @param {EventAnswer} event
 */
export function eventText(event) {
  switch (event.event) {
    case "connected":
      return event.origin === undefined
        ? `by ${transport(event)}`
        : `by ${transport(event)} from ${event.origin}`;
    case "subscribed":
      return `to ${
        event.topics.join(", ")
      } on ${event.channel}, after ${event.position}`;
    case "closed":
      return `with ${event.code}: ${event.reason || "no reason given"}`;
    case "gap":
      return `on ${event.channel}: what stood after ${event.after} and before ${event.before} is missing`;
    case "slow":
      return `client: ${formatBytes(event.queued_bytes)} waited for it`;
    case "refused":
      return `with ${event.code}: ${event.reason}`;
    case "published":
      return `on ${event.channel}, to ${event.topic}`;
    case "broker.down":
      return `the broker went away: ${event.reason ?? event.broker}`;
    case "broker.up":
      return "the broker is back";
    case "started":
      return "the gateway started";
    case "stopping":
      return `the gateway drains ${
        formatCount(event.connections, "connection")
      }`;
    case "drained":
      return "the gateway has drained its connections";
    case "dropped":
      return `${
        formatCount(event.count, "event")
      } left out: this page was too slow`;
  }
}

/** @param {{ transport: "websocket" | "sse" }} connection */
function transport({ transport: name }) {
  return name === "sse" ? "SSE" : "WebSocket";
}

const GOOD = ["connected", "subscribed", "broker.up", "started"];
const BAD = ["refused", "gap", "slow", "broker.down", "dropped"];

/**
 * Returns the class that colors an event.
 *
 * @param {EventAnswer} event
 */
export function eventTone({ event }) {
  return GOOD.includes(event) ? "good" : BAD.includes(event) ? "bad" : "";
}
