import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { formatId } from "../../../core/protocol/id.ts";
import type { Auth } from "../../auth/auth.ts";
import type { Broker } from "../../brokers/broker.ts";
import { readHistory } from "../read_history.ts";
import { readableTopics } from "../readable_topics.ts";
import { parseSince } from "../../wire/since.ts";

const MAX_LIMIT = 1000;

/** `GET /v1/realtime/history`: returns a page of a channel's log, for tools and servers. */
export function historyRoutes(auth: Auth, broker: Broker): Hono {
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
    const page = await readHistory(broker, {
      channel,
      topics,
      since: parseSince(c.req.query("since") ?? "start"),
      limit,
      reader: claims?.jti,
    });
    // The token may have been revoked while the log was read.
    if (claims) auth.revocations.require(claims);
    const messages = page.entries.map(({ json }) => json).join(",");
    const position = formatId(page.epoch, page.offset);
    const gap = page.gap ? `,"gap":${JSON.stringify(page.gap)}` : "";
    return c.body(
      `{"messages":[${messages}],"position":"${position}","more":${page.more}${gap}}`,
      200,
      { "content-type": "application/json" },
    );
  });
}
