import type { Context } from "hono";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Auth } from "../auth/auth.ts";
import { readBearer } from "../wire/credentials.ts";
import { tokenFacts, withFacts } from "../events/refusal_facts.ts";
import { quote } from "../wire/quote.ts";

/** The part of a channel that a request may read. */
export interface ReadableTopics {
  readonly channel: string;
  /** The requested topics, or all that the token grants where none is requested; `undefined` for every topic of the channel. */
  readonly topics: ReadonlySet<string> | undefined;
  /** Absent with the signing key. */
  readonly claims: TokenClaims | undefined;
}

/**
 * Reads which channel and topics a request asks for. It needs the signing key, or a token or ticket that subscribes to the topics.
 *
 * @param verb The beginning of the error's message, before the channel: `Cannot read the history of`.
 * @throws {RealtimeError} `invalid_name`, `unauthenticated`, `forbidden`, and the errors of the token.
 */
export async function readableTopics(
  auth: Auth,
  c: Context,
  verb: string,
): Promise<ReadableTopics> {
  const channel = checkName("channel", c.req.query("channel") ?? "");
  const asked = c.req.queries("topic") ?? [];
  const authorization = c.req.header("authorization");
  const token = readBearer(authorization) ?? c.req.query("token");
  if (await auth.isSigningKey(authorization)) {
    const topics = asked.length === 0 ? undefined : new Set(asked);
    return { channel, topics, claims: undefined };
  }
  const claims = await auth.verify(token, ["subscribe", "ticket"]);
  const granted = claims.topics
    .filter((topic) => topic.channel === channel)
    .map(({ name }) => name);
  const refused = asked.find((topic) => !granted.includes(topic));
  if (refused !== undefined || granted.length === 0) {
    const grant = refused === undefined ? "it" : `topic ${quote(refused)}`;
    const message = `${verb} ${
      quote(channel)
    }: the token doesn't grant ${grant}`;
    const error = new RealtimeError("forbidden", message);
    throw withFacts(error, tokenFacts(claims));
  }
  const topics = new Set(asked.length > 0 ? asked : granted);
  return { channel, topics, claims };
}
