/** @import { SessionAnswer } from "../../../admin/answers.ts" */
/** @import { Findings } from "./findings.js" */
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatNumber,
} from "../parts/format.js";

/**
 * A sentence of the answer.
 *
 * @typedef {object} Sentence
 * @property {"good" | "bad" | ""} tone
 * @property {string} text
 */

/**
 * Says in one sentence why a client sees nothing, as far as the gateway knows.
 *
 * @param {Findings} findings
 * @returns {Sentence}
 */
export function verdict(findings) {
  const { report } = findings;
  const { claims, valid, error, sessions, refused } = report;
  const [session] = sessions;
  if (session) return ofSession(session, findings);
  if (valid === false && claims?.verified !== true) {
    return bad(
      `It sees nothing, because this gateway refuses its token: ${
        error?.message ?? "the token is not valid"
      }.`,
    );
  }
  if (refused[0]) {
    return bad(
      `It has no connection: it was refused ${
        formatAgo(refused[0].time)
      }. The gateway said: ${refused[0].reason}.`,
    );
  }
  if (valid === false) {
    return bad(
      `It has no connection, and this token opens none: ${
        error?.message ?? "the token is not valid"
      }.`,
    );
  }
  if (claims) {
    return bad(
      "The token is good, but no client has a connection with it, and none was refused. Does the client use this gateway’s URL?",
    );
  }
  return bad(
    "No connection has this subject, and none was refused. Either the client doesn’t reach this gateway, or its tokens name another subject.",
  );
}

/**
 * @param {SessionAnswer} session
 * @param {Findings} findings
 * @returns {Sentence}
 */
function ofSession(session, findings) {
  if (session.state === "waiting") {
    return bad(
      session.last_reason === undefined
        ? "It is connected, but has sent no valid token yet."
        : `It is connected, but has no valid token. The gateway said: ${session.last_reason}.`,
    );
  }
  if (session.queued_bytes > 65_536) {
    return bad(
      `It is connected, but reads too slowly: ${
        formatBytes(session.queued_bytes)
      } wait for it.`,
    );
  }
  if (session.behind > 0) {
    return bad(
      `It is connected and still reads the log: ${
        formatCount(session.behind, "message")
      } behind.`,
    );
  }
  if (session.subscription_count === 0) {
    return bad("It is connected, but follows no channel.");
  }
  return ofMessages(findings);
}

/**
 * @param {Findings} findings
 * @returns {Sentence}
 */
function ofMessages({ channels }) {
  const other = channels.find(({ grant, channel }) =>
    channel?.last_message &&
    !grant.topics.includes(channel.last_message.topic)
  );
  const last = other?.channel?.last_message;
  if (other && last) {
    return bad(
      `It is connected and has everything that it asked for. But the newest message on ${other.grant.channel} went to topic ${last.topic}, and it follows only ${
        other.grant.topics.join(", ")
      }.`,
    );
  }
  const newest =
    channels.flatMap(({ channel }) =>
      channel?.last_message ? [channel.last_message] : []
    ).toSorted((a, b) =>
      (b.created_at ?? "").localeCompare(a.created_at ?? "")
    )[0];
  if (!newest) {
    return bad(
      "It is connected, but nothing was published on its channels: the gateway has no message of them.",
    );
  }
  const when = newest.created_at ? `, ${formatAgo(newest.created_at)}` : "";
  return {
    tone: "good",
    text: `It is connected and was sent everything. The newest message of its ${
      channels.length === 1
        ? "channel"
        : `${formatNumber(channels.length)} channels`
    } is ${newest.id}${when}.`,
  };
}

/**
 * @param {string} text
 * @returns {Sentence}
 */
function bad(text) {
  return { tone: "bad", text };
}
