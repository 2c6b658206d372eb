/** @import { EventAnswer } from "../../../admin/answers.ts" */
import { formatBytes, formatCount } from "../parts/format.js";

/**
 * Says what happened, in a sentence without its subject.
 *
 * @param {EventAnswer} event
 * @returns {string}
 */
export function eventText(event) {
  switch (event.event) {
    case "connected":
      return event.origin === undefined
        ? `connected by ${transport(event)}`
        : `connected by ${transport(event)} from ${event.origin}`;
    case "subscribed":
      return `subscribed to ${
        event.topics.join(", ")
      } on ${event.channel}, after ${event.position}`;
    case "closed":
      return `closed with ${event.code}: ${event.reason || "no reason given"}`;
    case "gap":
      return `missed what ${event.channel} had after ${event.after} and before ${event.before}`;
    case "slow":
      return `was too slow: ${formatBytes(event.queued_bytes)} waited for it`;
    case "refused":
      return `refused with ${event.code}: ${event.reason}`;
    case "published":
      return `published on ${event.channel}`;
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
 * @returns {string}
 */
export function eventTone({ event }) {
  return GOOD.includes(event) ? "good" : BAD.includes(event) ? "bad" : "";
}
