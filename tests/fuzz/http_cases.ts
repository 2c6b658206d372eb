import { utf8 } from "./mutate.ts";
import type { Credential, Credentials } from "./credentials.ts";
import {
  change,
  chunked,
  type Draft,
  draftOf,
  encode,
  encodeBroken,
} from "./draft.ts";
import type { Random } from "./random.ts";
import {
  amount,
  channelName,
  distort,
  jsonBytes,
  oddValue,
  position,
  someId,
  topicName,
} from "./values.ts";
import type { Case } from "./case.ts";

/** Makes a request of a route. */
type Template = (random: Random, credentials: Credentials) => Draft;

/** A parameter of an address; `undefined` leaves it out. */
type Parameters = ReadonlyArray<readonly [string, string | undefined]>;

/** Escapes that are malformed, or not UTF-8. */
const BAD_ESCAPES = [
  "%",
  "%zz",
  "%0",
  "%00",
  "%c0%af",
  "%ed%a0%80",
  "%ff",
  "+",
];

/** Returns an address with parameters, some of which may be missing, repeated or badly escaped. */
export function addressOf(
  path: string,
  parameters: Parameters,
  random: Random,
): string {
  const pairs: string[] = [];
  for (const [name, value] of parameters) {
    if (value === undefined || random.chance(0.01)) continue;
    const bad = random.chance(0.04) ? random.pick(BAD_ESCAPES) : "";
    const pair = `${name}=${encodeURIComponent(value.toWellFormed())}${bad}`;
    pairs.push(pair);
    if (random.chance(0.03)) pairs.push(pair);
  }
  return `/v1/realtime/${path}?${pairs.join("&")}`;
}

/** Returns a value now and then. */
export function perhaps<T>(
  random: Random,
  make: (random: Random) => T,
  probability = 0.2,
): T | undefined {
  return random.chance(probability) ? make(random) : undefined;
}

/** Adds a credential as a header; now and then it is left out. */
export function authorize(
  draft: Draft,
  { text, isValid }: Credential,
  random: Random,
): void {
  if (random.chance(0.04)) return;
  const scheme = random.chance(0.03)
    ? random.pick(["bearer", "Bearer ", "Basic", "", "BEARER", "Bearer\t"])
    : "Bearer";
  const end = random.chance(0.02) ? random.pick([" ", "\t", ",", " x"]) : "";
  draft.headers.push(["authorization", `${scheme} ${text}${end}`]);
  draft.isAuthorized ||= isValid;
}

function post(path: string, parameters: Parameters, random: Random): Draft {
  return draftOf("POST", addressOf(path, parameters, random));
}

/** Publishing takes the signing key or a token. */
function publisherOf(random: Random, credentials: Credentials): Credential {
  return random.chance(0.5)
    ? credentials.key(random)
    : credentials.token("publishing", random);
}

function publish(random: Random, credentials: Credentials): Draft {
  const topics = Array.from(
    { length: random.chance(0.9) ? 1 : random.below(140) },
    () => ["topic", topicName(random)] as const,
  );
  const draft = post("publish", [
    ["channel", channelName(random)],
    ...topics,
    ["run_id", perhaps(random, someId, 0.1)],
    ["fn_id", perhaps(random, someId, 0.05)],
    ["fn_slug", perhaps(random, someId, 0.05)],
    ["env_id", perhaps(random, someId, 0.05)],
    ["reply_topic", perhaps(random, topicName, 0.05)],
    ["reply_to", perhaps(random, someId, 0.1)],
    ["metadata", perhaps(random, () => JSON.stringify(oddValue(random)), 0.1)],
    ["lease", perhaps(random, amount, 0.05)],
  ], random);
  authorize(draft, publisherOf(random, credentials), random);
  const key = perhaps(random, someId);
  if (key !== undefined) {
    draft.headers.push(["idempotency-key", headerValue(key)]);
  }
  const ttl = perhaps(random, amount, 0.1);
  if (ttl !== undefined) {
    draft.headers.push(["idempotency-ttl", headerValue(ttl)]);
  }
  draft.body = jsonBytes(random);
  return draft;
}

function publishStream(random: Random, credentials: Credentials): Draft {
  const draft = publish(random, credentials);
  draft.headers.push(["content-type", "text/stream"]);
  if (random.chance(0.5)) {
    draft.headers.push(["transfer-encoding", "chunked"]);
    draft.body = chunked(draft.body, random);
  }
  return draft;
}

function someMode(random: Random): unknown {
  return random.pick(["allow", "refuse", "refuse", "stop", "stop", "all", 1]);
}

function batchLine(random: Random): string {
  const kind = random.pick([
    ...["data", "data", "data", "datastream-start", "chunk", "datastream-end"],
    ...["run", "step", "event", "ready", "x"],
  ]);
  const isOfStream = kind.startsWith("datastream") || kind === "chunk";
  return JSON.stringify(distort({
    channel: channelName(random),
    topic: topicName(random),
    data: isOfStream ? someId(random) : oddValue(random),
    ...(kind === "data" && random.chance(0.5) ? {} : { kind }),
    ...(isOfStream ? { stream_id: someId(random) } : {}),
    ...(random.chance(0.1) ? { producer: someId(random) } : {}),
    ...(random.chance(0.1) ? { other_streams: someMode(random) } : {}),
    ...(random.chance(0.2) ? { key: someId(random) } : {}),
    ...(random.chance(0.1) ? { key_ttl: random.below(100_000) } : {}),
    ...(random.chance(0.1) ? { reply_to: someId(random) } : {}),
    ...(random.chance(0.1) ? { reply_topic: topicName(random) } : {}),
    ...(random.chance(0.1) ? { metadata: oddValue(random) } : {}),
    ...(random.chance(0.1) ? { lease: random.below(100) } : {}),
  }, random));
}

function batch(random: Random, credentials: Credentials): Draft {
  const draft = post("publish/batch", [], random);
  authorize(draft, publisherOf(random, credentials), random);
  const lines = Array.from(
    { length: 1 + random.below(random.chance(0.05) ? 300 : 8) },
    () => random.chance(0.05) ? jsonBytes(random) : utf8(batchLine(random)),
  );
  draft.body = lines.join(random.chance(0.95) ? "\n" : "\r\n");
  return draft;
}

function tee(random: Random, credentials: Credentials): Draft {
  const channel = channelName(random);
  const draft = post("publish/tee", [["channel", channel]], random);
  authorize(draft, publisherOf(random, credentials), random);
  draft.body = random.chance(0.5) ? random.bytes(100) : "data: x\n\n";
  return draft;
}

function streamRoute(path: string): Template {
  return (random, credentials) => {
    const draft = post(path, [
      ["channel", channelName(random)],
      ["topic", topicName(random)],
      ["stream_id", someId(random)],
      ["wait", perhaps(random, amount)],
    ], random);
    authorize(draft, publisherOf(random, credentials), random);
    return draft;
  };
}

function token(random: Random, credentials: Credentials): Draft {
  const draft = post("token", [], random);
  authorize(draft, credentials.key(random), random);
  const topics = Array.from(
    { length: random.pick([1, 1, 2, 128, 129, 0]) },
    () =>
      distort({
        channel: channelName(random),
        name: topicName(random),
        kind: "run",
      }, random),
  );
  draft.body = random.chance(0.85)
    ? utf8(JSON.stringify(topics))
    : jsonBytes(random);
  return draft;
}

function history(random: Random, credentials: Credentials): Draft {
  const credential = publisherOf(random, credentials);
  const isInQuery = random.chance(0.3);
  const draft = draftOf(
    "GET",
    addressOf("history", [
      ["channel", channelName(random)],
      ["topic", perhaps(random, topicName, 0.5)],
      ["since", perhaps(random, position, 0.5)],
      ["limit", perhaps(random, amount, 0.4)],
      ["token", isInQuery ? credential.text : undefined],
    ], random),
  );
  if (isInQuery) draft.isAuthorized = credential.isValid;
  else authorize(draft, credential, random);
  return draft;
}

function openStreams(random: Random, credentials: Credentials): Draft {
  const draft = draftOf(
    "GET",
    addressOf("streams", [
      ["channel", channelName(random)],
      ["topic", perhaps(random, topicName, 0.5)],
    ], random),
  );
  authorize(draft, publisherOf(random, credentials), random);
  return draft;
}

function subscribers(random: Random, credentials: Credentials): Draft {
  const draft = draftOf(
    "GET",
    addressOf("subscribers", [
      ["channel", channelName(random)],
      ["topic", perhaps(random, topicName, 0.5)],
    ], random),
  );
  authorize(draft, publisherOf(random, credentials), random);
  return draft;
}

/** Revokes what no other request uses: else all would soon be refused. */
function revoke(random: Random, credentials: Credentials): Draft {
  const draft = post("revoke", [], random);
  authorize(draft, credentials.key(random), random);
  const name = `revoked-${random.below(1_000)}`;
  const fields = random.pick([{ subject: name }, { jti: name }, {
    channel: name,
  }]);
  draft.body = random.chance(0.8)
    ? utf8(JSON.stringify(distort(fields, random)))
    : jsonBytes(random);
  return draft;
}

function other(random: Random): Draft {
  return draftOf(
    random.pick(["GET", "POST", "OPTIONS"]),
    random.pick([
      ...["/", "/health", "/health?x=%", "/v1/realtime", "/v1/realtime/"],
      ...[
        "/v1/realtime/none",
        "/v1/realtime/publish",
        "/%",
        "/%ff",
        "/__proto__",
      ],
      ...["/v1/realtime/publish/", "/v1/realtime//publish", "/favicon.ico"],
    ]),
  );
}

const TEMPLATES: readonly Template[] = [
  ...[publish, publish, publish, publish, publishStream, publishStream],
  ...[batch, batch, batch, tee, streamRoute("stream/keep")],
  ...[streamRoute("stream/stop"), token, history, history, subscribers],
  ...[openStreams, revoke, other],
];

/** Returns a text as the value of a header, which can't contain control characters. */
export function headerValue(text: string): string {
  return Array.from(
    utf8(text),
    (one) => one < " " || one === "\x7f" ? "?" : one,
  ).join("");
}

/** Makes an HTTP request that follows the grammar of HTTP. */
export function wholeRequest(random: Random, credentials: Credentials): Draft {
  const draft = random.pick(TEMPLATES)(random, credentials);
  if (random.chance(0.4)) change(draft, random);
  return draft;
}

/** Makes a case of HTTP: one request or several at once, half of them broken. */
export function httpCase(random: Random, credentials: Credentials): Case {
  const count = random.chance(0.9) ? 1 : 2 + random.below(4);
  const drafts = Array.from(
    { length: count },
    () => wholeRequest(random, credentials),
  );
  const isBroken = random.chance(0.5);
  const bytes = drafts.map((draft) =>
    isBroken ? encodeBroken(draft, random) : encode(draft)
  ).join("");
  return {
    kind: "http",
    bytes,
    methods: drafts.map(({ method }) => method),
    isAuthorized: drafts.some(({ isAuthorized }) => isAuthorized),
    isWhole: !isBroken,
    isSplit: random.chance(0.2),
  };
}
