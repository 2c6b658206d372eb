import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { formatId } from "../../../core/protocol/id.ts";
import type { Auth } from "../../auth/auth.ts";
import type { Broker } from "../../brokers/broker.ts";
import { toResponse } from "../answer.ts";
import { AnswersInFlight } from "../answers_in_flight.ts";
import { type HistoryPage, readHistory } from "../read_history.ts";
import { readableTopics } from "../readable_topics.ts";
import { parseSince } from "../../wire/since.ts";

const MAX_LIMIT = 1000;

/** About how many characters a piece of an answer has. */
const PIECE_CHARS = 64 * 1024;

/** `GET /v1/realtime/history`: returns a page of a channel's log, for tools and servers. Its client may leave a piece unread for `deadlineMs`. */
export function historyRoutes(
  auth: Auth,
  broker: Broker,
  deadlineMs: number,
): Hono {
  const inFlight = new AnswersInFlight();
  return new Hono().get("/history", async (c) => {
    const verb = "Cannot read the history of";
    const { channel, topics, claims } = await readableTopics(auth, c, verb);
    const limit = Number(c.req.query("limit") ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw new RealtimeError(
        "invalid_argument",
        `Cannot read the history: "limit" must be a whole number from 1 to ${MAX_LIMIT}`,
      );
    }
    const since = parseSince(c.req.query("since") ?? "start");
    inFlight.require(claims?.jti);
    const page = await readHistory(broker, {
      channel,
      topics,
      since,
      limit,
      reader: claims?.jti,
    });
    // The token may have been revoked while the log was read.
    if (claims) auth.revocations.require(claims);
    const headers = { "content-type": "application/json" };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const pieces = write(page);
    const bytes = page.entries.reduce((sum, entry) => sum + entry.bytes, 0);
    if (bytes <= PIECE_CHARS) {
      return c.body([...pieces].join(""), 200, headers);
    }
    const ended = inFlight.begin(claims?.jti, bytes);
    const answer = { status: 200, headers, pieces, deadlineMs, ended };
    return toResponse(answer, c.env);
  });
}

/** Writes a page as JSON, in pieces. Until a piece is written, all readers share the texts of the log. */
function* write(page: HistoryPage): Generator<string, void> {
  let text = '{"messages":[';
  for (const [index, { json }] of page.entries.entries()) {
    if (text.length >= PIECE_CHARS) {
      yield text;
      text = "";
    }
    text += index > 0 ? `,${json}` : json;
  }
  const position = formatId(page.epoch, page.offset);
  const gap = page.gap ? `,"gap":${JSON.stringify(page.gap)}` : "";
  yield `${text}],"position":"${position}","more":${page.more}${gap}}`;
}
