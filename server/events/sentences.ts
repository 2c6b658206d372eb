import type { GatewayEvent, Refused } from "./gateway_event.ts";

/** The sentences of events in the text log. Fields stand in braces. */
const SENTENCES: Readonly<
  Record<Exclude<GatewayEvent["event"], "refused">, string>
> = {
  "started": "Tidings {version} on {runtime} listens on {url}",
  "stopping":
    "Stopping: clients are asked to connect again; open connections: {connections}",
  "drained": "Stopped; connections that are still open: {connections}",
  "broker.down":
    "The broker {broker} can't be used, so that requests get 503: {reason}",
  "broker.up": "The broker {broker} is back",
  "connected": "{session} connected by {transport}, {protocol}, from {address}",
  "subscribed":
    "{session} subscribed to {channel}, topics {topics}, after {position}",
  "published": "{id} was published to {channel}, topic {topic}, by {via}",
  "closed": "{session} was closed by the {by} with {code}: {reason}",
  "gap":
    "{session} missed the messages of {channel} between {after} and {before}",
  "slow": "{session} reads too slowly: {queued_bytes} bytes wait",
};

/** The further fields of a refusal that a sentence has where they are known, and how it calls them. */
const REFUSED_DETAILS = {
  address: "address",
  origin: "page",
  channel: "channel",
  subject: "user",
  jti: "token",
  claimed_subject: "claimed user",
  claimed_jti: "claimed token",
  lines: "lines",
  suppressed: "like it and not logged",
} as const satisfies Partial<Record<keyof LoggedRefusal, string>>;

/** A refusal with the number of those like it that were not logged since the last one. */
export interface LoggedRefusal extends Refused {
  readonly suppressed?: number;
}

/** Returns the sentence of an event, with its fields in braces. */
export function sentenceOf(event: GatewayEvent | LoggedRefusal): string {
  return event.event === "refused"
    ? refusedSentence(event)
    : SENTENCES[event.event];
}

function refusedSentence(event: LoggedRefusal): string {
  const details = Object.entries(REFUSED_DETAILS)
    .filter(([field]) => Object(event)[field] !== undefined)
    .map(([field, name]) => `${name}: {${field}}`);
  const rest = details.length === 0 ? "" : ` (${details.join(", ")})`;
  return `Refused with {code}: {reason}${rest}`;
}
