import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { formatId } from "../../../core/protocol/id.ts";
import { checkName } from "../../../core/protocol/names.ts";
import type { TokenClaims } from "../../../core/protocol/token.ts";
import type { Auth } from "../../auth/auth.ts";
import { readBearer } from "../../auth/credentials.ts";
import type { Broker } from "../../brokers/broker.ts";
import { tokenFacts, withFacts } from "../../events/refusal_facts.ts";
import { readHistory } from "../read_history.ts";
import { quote } from "../../publish/publisher.ts";
import { parseSince } from "../../wire/since.ts";

const MAX_LIMIT = 1000;

/** `GET /v1/realtime/history`: returns a page of a channel's log, for tools and servers. */
export function historyRoutes(auth: Auth, broker: Broker): Hono {
  return new Hono().get("/history", async (c) => {
    const channel = checkName("channel", c.req.query("channel") ?? "");
    const topics = c.req.queries("topic") ?? [];
    const authorization = c.req.header("authorization");
    const token = readBearer(authorization) ?? c.req.query("token");
    const isOwner = await auth.isSigningKey(authorization);
    const claims = isOwner
      ? undefined
      : await auth.verify(token, ["subscribe", "ticket"]);
    const readable = claims
      ? grantedTopics(claims, channel, topics)
      : new Set(topics);
    const limit = Number(c.req.query("limit") ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw new RealtimeError(
        "invalid_argument",
        `Cannot read the history: "limit" must be a whole number from 1 to ${MAX_LIMIT}`,
      );
    }
    const page = await readHistory(broker, {
      channel,
      topics: isOwner && topics.length === 0 ? undefined : readable,
      since: parseSince(c.req.query("since") ?? "start"),
      limit,
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

/** Returns the requested topics, which the token must grant; all that it grants where none is requested. */
function grantedTopics(
  claims: TokenClaims,
  channel: string,
  asked: readonly string[],
): ReadonlySet<string> {
  const granted = claims.topics
    .filter((topic) => topic.channel === channel)
    .map(({ name }) => name);
  const refused = asked.find((topic) => !granted.includes(topic));
  if (refused !== undefined || granted.length === 0) {
    const grant = refused === undefined ? "it" : `topic ${quote(refused)}`;
    const message = `Cannot read the history of ${
      quote(channel)
    }: the token doesn't grant ${grant}`;
    const error = new RealtimeError("forbidden", message);
    throw withFacts(error, tokenFacts(claims));
  }
  return new Set(asked.length > 0 ? asked : granted);
}
