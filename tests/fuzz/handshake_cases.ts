import type { Case } from "./case.ts";
import type { Credentials } from "./credentials.ts";
import { change, type Draft, draftOf, encode, encodeBroken } from "./draft.ts";
import { addressOf, authorize, perhaps } from "./http_cases.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { position } from "./values.ts";

const PROTOCOL = "tidings.v1";
const VERSION = "13";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Makes a handshake as a client does. */
export function properHandshake(
  random: Random,
  credentials: Credentials,
  isV1: boolean,
): Draft {
  const credential = credentials.token("subscribing", random);
  const place = random.pick(["header", "query", "protocol"]);
  const draft = draftOf(
    "GET",
    addressOf("connect", [
      ["token", place === "query" ? credential.text : undefined],
      ["since", perhaps(random, position)],
    ], random),
  );
  draft.headers.push(
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", VERSION],
    ["sec-websocket-key", KEY],
  );
  const protocols = isV1 ? [PROTOCOL] : [];
  if (place === "protocol") protocols.push(`tidings.bearer.${credential.text}`);
  if (protocols.length > 0) {
    draft.headers.push(["sec-websocket-protocol", protocols.join(", ")]);
  }
  if (place === "header") authorize(draft, credential, random);
  else draft.isAuthorized = credential.isValid;
  return draft;
}

/** Other values of the headers of a handshake; `null` leaves the header out. */
const VALUES: Readonly<Record<string, ReadonlyArray<string | null>>> = {
  connection: [
    "upgrade",
    "keep-alive, Upgrade",
    "keep-alive",
    "close",
    null,
  ],
  upgrade: ["WebSocket", "websocket, h2c", "h2c", "", null],
  "sec-websocket-version": ["8", "", "13, 8", "0", "x", null],
  "sec-websocket-key": [
    ...["", "x", "AAAA", `${KEY}=`, KEY.slice(0, -1), " ", null],
    ...["dGhlIHNhbXBsZSBub25jZSE=", "*".repeat(24), "A".repeat(4_000)],
  ],
  "sec-websocket-protocol": [
    ...["", ",", "x", "tidings.v2", "tidings.v1,tidings.v1", "tidings.bearer."],
    ...["tidings.v1, tidings.bearer.a, tidings.bearer.b", "é".repeat(100)],
    "x,".repeat(2_000),
  ],
  "sec-websocket-extensions": ["permessage-deflate", "x; y=z", '"', ""],
};

/** Changes one or two headers of a handshake, or its method. */
function changeHandshake(draft: Draft, random: Random): void {
  for (let count = 1 + random.below(2); count > 0; count--) {
    if (random.chance(0.15)) {
      draft.method = random.pick(["POST", "HEAD", "PUT", "OPTIONS", "CONNECT"]);
      continue;
    }
    const name = random.pick(Object.keys(VALUES));
    const value = random.pick(VALUES[name] ?? []);
    draft.headers = draft.headers.filter((header) => header[0] !== name);
    if (value !== null) draft.headers.push([name, value]);
  }
}

/** Returns what RFC 6455 requires a server to refuse in a handshake. */
function faultOf({ method, headers }: Draft): string | undefined {
  const { connection = "", upgrade = "", ...others } = Object.fromEntries(
    headers,
  );
  if (method !== "GET") return `the method is ${method}`;
  if (!/(^|,)\s*upgrade\s*(,|$)/i.test(connection)) {
    return `Connection is "${connection}"`;
  }
  if (!/(^|,)\s*websocket\s*(,|$)/i.test(upgrade)) {
    return `Upgrade is "${upgrade}"`;
  }
  const { "sec-websocket-key": key = "", "sec-websocket-version": version } =
    others;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return "the key is malformed";
  return version === VERSION ? undefined : `the version is "${version}"`;
}

/** Makes a case of a handshake. */
export function handshakeCase(random: Random, credentials: Credentials): Case {
  const draft = properHandshake(random, credentials, random.chance(0.7));
  const isChanged = random.chance(0.5);
  if (isChanged) changeHandshake(draft, random);
  else if (random.chance(0.5)) change(draft, random);
  const isBroken = random.chance(0.3);
  const bytes = isBroken
    ? random.chance(0.5)
      ? encodeBroken(draft, random)
      : mutate(encode(draft), random)
    : encode(draft);
  // Repeated headers may be joined or not, so only the others say what is wrong.
  const fault = isChanged && !isBroken ? faultOf(draft) : undefined;
  return {
    kind: "handshake",
    bytes,
    methods: [draft.method],
    isAuthorized: draft.isAuthorized,
    isWhole: !isBroken,
    ...(fault === undefined ? {} : { fault }),
    isSplit: random.chance(0.2),
  };
}
