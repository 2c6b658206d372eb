/** @import { GrantAnswer, RefusalAnswer, SessionAnswer, TokenReport } from "../../../admin/answers.ts" */
/** @import { ChannelFinding } from "./findings.js" */
/** @import { Sentence } from "./verdict.js" */
import {
  formatAge,
  formatAgo,
  formatBytes,
  formatCount,
  formatTime,
} from "../parts/format.js";
import { formatRate } from "../channels/detail.js";
import { STATES, transportText } from "../connections/words.js";

/**
 * Says what a token is.
 *
 * @param {TokenReport} report
 * @returns {Sentence[]}
 */
export function tokenSentences({ claims, valid, error }) {
  if (valid === undefined) return [];
  const sentences = [
    valid
      ? {
        tone: /** @type {const} */ ("good"),
        text: "This token is valid here.",
      }
      : {
        tone: /** @type {const} */ ("bad"),
        text: `This token is refused: ${error?.message ?? "it is not valid"}.`,
      },
  ];
  if (!claims) return sentences;
  if (!claims.verified) {
    sentences.push({
      tone: "bad",
      text:
        "Its signature is not of this gateway’s key, so anyone can have written what follows.",
    });
  }
  return [...sentences, ...claimSentences(claims)];
}

/**
 * @param {NonNullable<TokenReport["claims"]>} claims
 * @returns {Sentence[]}
 */
function claimSentences(claims) {
  const { subject, subscribe, publish, stop, expires_at, session_expires_at } =
    claims;
  return [
    expires_at && deadline(expires_at, {
      future: "It opens connections until",
      past: "It opened connections until",
    }),
    session_expires_at && deadline(session_expires_at, {
      future: "A session of it lasts until",
      past: "A session of it lasted until",
    }),
    subject === undefined
      ? "It names no subject"
      : `It is for the subject ${subject}`,
    subscribe.length === 0
      ? "It lets its client follow nothing"
      : `It lets its client follow ${grantsText(subscribe)}`,
    publish === true
      ? "It lets its client publish everywhere"
      : publish.length > 0 &&
        `It lets its client publish to ${grantsText(publish)}`,
    stop === true ? "It lets its client stop all streams" : stop.length > 0 &&
      `It lets its client stop the streams of ${grantsText(stop)}`,
  ].flatMap((text) => text ? [{ tone: "", text: `${text}.` }] : []);
}

/**
 * @param {string} time
 * @param {{ future: string, past: string }} words
 */
function deadline(time, { future, past }) {
  const ms = Date.parse(time) - Date.now();
  const clock = new Date(time).toLocaleString();
  return ms > 0
    ? `${future} ${clock}, for another ${formatAge(ms)}`
    : `${past} ${clock}, ${formatAgo(time)}`;
}

/** @param {readonly GrantAnswer[]} grants */
function grantsText(grants) {
  return grants.map(({ channel, topics }) =>
    `${topics.join(", ")} on ${channel}`
  ).join("; ");
}

/**
 * Says where a session stands.
 *
 * @param {SessionAnswer} session
 * @returns {Sentence}
 */
export function sessionSentence(session) {
  const { state, since, address, subscriptions, queued_bytes } = session;
  const from = address === undefined ? "" : ` from ${address}`;
  const places = subscriptions.map(placeText).join("; ");
  const queue = queued_bytes > 0
    ? ` ${formatBytes(queued_bytes)} wait for its client.`
    : "";
  const reason = session.last_reason === undefined
    ? ""
    : ` The last error it got: ${session.last_reason}.`;
  const { text, tone } = STATES[state];
  return {
    tone: tone === "busy" ? "" : /** @type {"good" | "bad"} */ (tone),
    text: `${text}: ${transportText(session)}${from}, opened ${
      formatAgo(since)
    }. ${
      places === "" ? "It follows nothing." : `It has ${places}.`
    }${queue}${reason}`,
  };
}

/** @param {SessionAnswer["subscriptions"][number]} subscription */
function placeText({ channel, topics, position, behind }) {
  const where = `${topics.join(", ")} on ${channel}`;
  if (position === undefined) return `not begun ${where}`;
  return behind === 0
    ? `everything of ${where} up to ${position}`
    : `${where} up to ${position}, ${formatCount(behind, "message")} behind`;
}

/**
 * Says what a channel has.
 *
 * @param {ChannelFinding} finding
 * @returns {Sentence}
 */
export function channelSentence({ grant, channel }) {
  const { channel: name } = grant;
  if (!channel) {
    return {
      tone: "bad",
      text:
        `${name}: nobody follows it, and nothing was published on it that the log still has.`,
    };
  }
  const { subscribers, rate, last_message: last } = channel;
  const followed = formatCount(subscribers, "subscriber");
  if (!last) {
    return {
      tone: "bad",
      text: `${name}: ${followed}; its log has no message.`,
    };
  }
  const isGranted = grant.topics.includes(last.topic);
  const time = last.created_at === undefined
    ? ""
    : `, ${formatAgo(last.created_at)}`;
  const now = rate > 0 ? `, ${formatRate(rate)} now` : "";
  return {
    tone: isGranted ? "good" : "bad",
    text:
      `${name}: ${followed}${now}. Its newest message is ${last.id} on topic ${last.topic}${time}${
        isGranted ? "" : ", a topic that this client doesn’t follow"
      }.`,
  };
}

/**
 * Says what was refused.
 *
 * @param {RefusalAnswer} refusal
 * @returns {Sentence}
 */
export function refusalSentence({ time, code, reason, origin, address }) {
  const from = origin ?? address;
  return {
    tone: "bad",
    text: `${formatTime(new Date(time))}, ${
      formatAgo(time)
    }, code ${code}: ${reason}${from === undefined ? "" : ` (from ${from})`}.`,
  };
}
