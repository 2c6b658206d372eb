/** @import { SessionAnswer, SessionState } from "../../../admin/answers.ts" */
import { formatNumber } from "../parts/format.js";

/** How the page names a connection's state. @type {Readonly<Record<SessionState, { text: string, tone: string }>>} */
export const STATES = {
  waiting: { text: "No token yet", tone: "bad" },
  catching_up: { text: "Catching up", tone: "busy" },
  live: { text: "Live", tone: "good" },
};

/** @param {Pick<SessionAnswer, "transport" | "protocol">} session */
export function transportText({ transport, protocol }) {
  const name = transport === "sse" ? "SSE" : "WebSocket";
  return protocol === "plain" && transport === "websocket"
    ? `${name}, plain`
    : name;
}

/** @param {{ behind: number }} place */
export function behindText({ behind }) {
  return behind === 0 ? "–" : formatNumber(behind);
}
