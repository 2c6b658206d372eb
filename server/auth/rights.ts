import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims, TopicRight } from "../../core/protocol/token.ts";
import { textOf, tokenFacts, withFacts } from "../events/refusal_facts.ts";
import { quote } from "../publish/publisher.ts";
import type { Revocations } from "./revocations.ts";

/** Tells whether a token grants a right in a topic. */
export function grants(
  right: TopicRight,
  { [right]: granted = [] }: TokenClaims,
  channel: string,
  topic: string,
): boolean {
  return granted === true ||
    granted.some((grant) => grant.channel === channel && grant.name === topic);
}

/** @throws {RealtimeError} `forbidden` for a token that was revoked, or doesn't grant a right in one of the topics. */
export function requireRight(
  right: TopicRight,
  claims: TokenClaims,
  revocations: Revocations,
  channel: string,
  topics: readonly string[],
): void {
  try {
    revocations.require(claims, channel);
    for (const topic of topics) {
      if (grants(right, claims, channel, topic)) continue;
      const [action, granting] = right === "stop"
        ? ["stop the stream of", "grant stopping"]
        : ["publish to", "grant"];
      const problem = `the token doesn't ${granting} topic ${quote(topic)}`;
      const message = `Cannot ${action} ${quote(channel)}: ${problem}`;
      throw new RealtimeError("forbidden", message);
    }
  } catch (error) {
    throw withFacts(error, { channel: textOf(channel), ...tokenFacts(claims) });
  }
}
