/** The credentials and names in the requests of {@linkcode oddRequests}. */
export interface OddParts {
  readonly signingKey: string;
  /** A token that subscribes to a topic and publishes to it. */
  readonly token: string;
}

/** A request as it is on the wire, one byte for each character. */
export interface OddRequest {
  /** Names the oddity. */
  readonly what: string;
  readonly bytes: string;
  /** The status and the error's code, where all runtimes agree; a runtime that answers by itself gives no code. */
  readonly answer?: readonly [status: number, code?: string];
}

type Fields = Readonly<Record<string, string | readonly string[] | null>>;

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const invalid = [400, "invalid_argument"] as const;
const unauthenticated = [401, "unauthenticated"] as const;
const badToken = [401, "invalid_token"] as const;
const missing = [404, "not_found"] as const;
const fine = [200] as const;
const opened = [101] as const;

/** Writes a request; a field with several values is repeated, one that is `null` left out. */
function write(start: string, fields: Fields, body = "", http = "1.1"): string {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((one) => `${name}: ${one}\r\n`)
  );
  return `${start} HTTP/${http}\r\n${lines.join("")}\r\n${body}`;
}

const TARGET = "/v1/realtime/publish?channel=c&topic=t";

/** Returns requests that parsers read differently, or that break a rule: publishes, handshakes and others. */
export function oddRequests(parts: OddParts): OddRequest[] {
  return [
    ...oddPublishes(parts),
    ...oddHandshakes(parts),
    ...oddMethods(parts),
  ];
}

/** Returns requests to publish one message, by most rules of HTTP or none. */
export function oddPublishes({ signingKey, token }: OddParts): OddRequest[] {
  const authorization = `Bearer ${signingKey}`;
  const publish = (fields: Fields, target = TARGET): string =>
    write(`POST ${target}`, {
      host: "127.0.0.1",
      authorization,
      "content-length": "1",
      ...fields,
    }, "1");
  const hosts = [
    ..."/?#@\\<".split("").map((odd) => `x${odd}y`),
    ...["", "a, b", "a b", "x/v1/realtime/none", "x/health?", "[::1", "[1:2]"],
    ...["x:", "x:y", "x:99999", "%41", "x%00y", "a\tb", "1.2.3.4.5", "\xe4"],
    ...["256.256.256.256", "127.1:80", `${"x".repeat(300)}`],
  ];
  const page = "https://a.example";
  return [
    { what: "nothing odd", bytes: publish({}), answer: fine },
    ...hosts.map((host) => ({
      what: `the host ${JSON.stringify(host.slice(0, 40))}`,
      bytes: publish({ host }),
      answer: invalid,
    })),
    ...["[::1]:80", "EXAMPLE.com", "my_host.", "a.example:65535"].map((
      host,
    ) => ({
      what: `the host ${host}`,
      bytes: publish({ host }),
      answer: fine,
    })),
    { what: "two hosts", bytes: publish({ host: ["a", "b"] }) },
    { what: "no host", bytes: publish({ host: null }) },
    ...[
      [authorization, authorization],
      [authorization, "Bearer no"],
      [authorization, `Bearer ${token}`],
      [`Bearer ${token}`, authorization],
      [`Bearer ${token}`, `Bearer ${token}`],
      ["Bearer no", authorization],
      [authorization, ""],
    ].map((credentials, i) => ({
      what: `two credentials (${i})`,
      bytes: publish({ authorization: credentials }),
      answer: unauthenticated,
    })),
    ...["", "Bearer", "Basic eDp5", `Bearer\t${signingKey}`].map((text, i) => ({
      what: `a credential of another form (${i})`,
      bytes: publish({ authorization: text }),
      answer: unauthenticated,
    })),
    ...[",", " x", "\xe4", `, ${authorization}`].map((behind, i) => ({
      what: `a credential with something behind it (${i})`,
      bytes: publish({ authorization: authorization + behind }),
      answer: unauthenticated,
    })),
    ...[`bearer ${signingKey}`, `Bearer   ${signingKey}`, `${authorization}  `]
      .map((text, i) => ({
        what: `a credential as HTTP allows to write it (${i})`,
        bytes: publish({ authorization: null, AUTHORIZATION: text }),
        answer: fine,
      })),
    ...["", "   ", "null", page, "https://\xe4.example"].map((origin) => ({
      what: `the origin ${JSON.stringify(origin)}`,
      bytes: publish({ origin }),
    })),
    { what: "two origins", bytes: publish({ origin: [page, page] }) },
    ...["+1", "-1", "0x1", "1, 1", "1e0", "", "x"].map((length) => ({
      what: `the content length ${JSON.stringify(length)}`,
      bytes: publish({ "content-length": length }),
      answer: [400] as const,
    })),
    { what: "two lengths", bytes: publish({ "content-length": ["1", "2"] }) },
    {
      what: "the same length twice",
      bytes: publish({ "content-length": ["1", "1"] }),
    },
    {
      what: "a length and chunks",
      bytes: publish({ "transfer-encoding": "chunked" }),
      answer: [400],
    },
    ...["chunked", "Chunked", "gzip, chunked"].map((encoding) => ({
      what: `the encoding ${encoding}`,
      bytes: write(`POST ${TARGET}`, {
        host: "127.0.0.1",
        authorization,
        "transfer-encoding": encoding,
      }, "1\r\n1\r\n0\r\n\r\n"),
    })),
    ...[
      ["text/stream", "text/plain"],
      ["text/plain", "text/stream"],
      ["text/stream"],
      ["Text/Stream;x"],
    ].map((types) => ({
      what: `the types ${types.join()}`,
      bytes: publish({ "content-type": types }),
      answer: fine,
    })),
    {
      what: "two keys that are too long together",
      bytes: publish({
        "idempotency-key": ["a".repeat(200), "b".repeat(200)],
      }),
      answer: invalid,
    },
    ...[
      "http://127.0.0.1",
      "http://other.example",
      "https://127.0.0.1",
      "HTTP://127.0.0.1",
      "ftp://127.0.0.1",
      "http://a?b",
      "http://a#b",
      "http://a\\b",
      "http://u:p@a",
      "http://",
      "//a.example",
      "/v1/../..",
      "/%2e",
      "/.",
      "\\",
    ].map((before) => ({
      what: `the address ${before}/…`,
      bytes: publish({}, before + TARGET),
    })),
    ...["*", "?x", "x", "127.0.0.1:80", "http://127.0.0.1"].map((target) => ({
      what: `the address ${target}`,
      bytes: publish({}, target),
    })),
    ..."#\\\"'<>|{}^`".split("").map((odd) => ({
      what: `a query with ${odd}`,
      bytes: publish({}, `${TARGET}&x=${odd}`),
      answer: fine,
    })),
    ...["%E4", "%zz", "%"].map((odd) => ({
      what: `a query with ${odd}`,
      bytes: publish({}, TARGET + odd),
      answer: invalid,
    })),
    ...["\xe4", "\xff", "\xed\xa0\x80"].map((odd) => ({
      what: `a query with the byte ${JSON.stringify(odd)}, not UTF-8`,
      bytes: publish({}, TARGET + odd),
      answer: invalid,
    })),
    ...["\x01", "\x7f", "\t", "\xc3\xa4"].map((odd) => ({
      what: `a query with the bytes ${JSON.stringify(odd)}`,
      bytes: publish({}, TARGET + odd),
    })),
    {
      what: "a huge address",
      bytes: publish({}, `${TARGET}&x=${"y".repeat(20_000)}`),
    },
    { what: "a huge header", bytes: publish({ x: "y".repeat(20_000) }) },
    {
      what: "an offer to upgrade",
      bytes: publish({ connection: "upgrade", upgrade: "websocket" }),
    },
    {
      what: "an offer to upgrade, from a page",
      bytes: publish({
        origin: page,
        connection: "upgrade",
        upgrade: "websocket",
      }),
    },
    {
      what: "an offer of another protocol, from a page",
      bytes: publish({ origin: page, upgrade: "h2c" }),
      answer: fine,
    },
    {
      what: "HTTP/1.0",
      bytes: publish({}).replace("HTTP/1.1", "HTTP/1.0"),
      answer: fine,
    },
  ];
}

/** Returns handshakes of a WebSocket, by most rules or none. */
export function oddHandshakes({ token }: OddParts): OddRequest[] {
  const route = "/v1/realtime/connect";
  const address = `${route}?token=${token}`;
  const shake = (fields: Fields, start = `GET ${address}`): string =>
    write(start, {
      host: "127.0.0.1",
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": KEY,
      ...fields,
    });
  const page = "https://a.example";
  const odd = (
    name: string,
    values: ReadonlyArray<string | readonly string[] | null>,
    answer: readonly [number, string?],
  ): OddRequest[] =>
    values.map((value) => ({
      what: `a handshake with ${name} ${JSON.stringify(value)}`,
      bytes: shake({ [name]: value }),
      answer,
    }));
  return [
    { what: "a handshake", bytes: shake({}), answer: opened },
    ...odd("connection", ["keep-alive, Upgrade", "UPGRADE"], opened),
    ...odd("connection", [["keep-alive", "upgrade"]], opened),
    ...odd("connection", [null, "close", "xupgrade", "keep-alive"], invalid),
    ...odd("upgrade", ["WebSocket"], opened),
    ...odd("upgrade", [null, "h2c", "websocket/13", "h2c, websocket"], invalid),
    ...odd("upgrade", [["websocket", "websocket"]], invalid),
    ...odd("sec-websocket-version", [null, "", "8", "12", "013", "13, 8"], [
      426,
      "invalid_argument",
    ]),
    ...odd("sec-websocket-version", [["13", "13"]], [426, "invalid_argument"]),
    ...odd("sec-websocket-key", [
      null,
      "",
      "abc",
      `${"!".repeat(22)}==`,
      btoa("x".repeat(15)),
      btoa("x".repeat(17)),
      KEY.slice(0, -2),
      [KEY, KEY],
    ], invalid),
    ...odd("sec-websocket-protocol", ["x", "x, tidings.v1"], opened),
    ...odd("sec-websocket-protocol", [["x", "tidings.v1"]], opened),
    ...odd("sec-websocket-protocol", [
      "",
      ",",
      "a b",
      "a(b",
      "a, a",
      "tidings.v1,",
      "\xe4",
    ], invalid),
    ...odd("sec-websocket-extensions", [";;;", "permessage-deflate"], opened),
    ...odd("host", ["a, b", "x/y", "x/v1/realtime/none", "", "[::1"], invalid),
    { what: "a handshake without a host", bytes: shake({ host: null }) },
    {
      what: "a handshake with a body",
      bytes: shake({ "content-length": "3" }) + "abc",
      answer: [400],
    },
    {
      what: "a handshake with a body in chunks",
      bytes: shake({ "transfer-encoding": "chunked" }) + "0\r\n\r\n",
      answer: [400],
    },
    ...["OPTIONS", "POST", "PUT", "DELETE"].map((method) => ({
      what: `a handshake by ${method}`,
      bytes: shake({ origin: page }, `${method} ${address}`),
    })),
    ...["*", "x", `http://127.0.0.1${address}`, `http://a?b${address}`].map(
      (target) => ({
        what: `a handshake for ${target.replace(token, "…")}`,
        bytes: shake({}, `GET ${target}`),
      }),
    ),
    ...["/health", "/v1/realtime/none"].map((path) => ({
      what: `a page's handshake for ${path}`,
      bytes: shake({ origin: page }, `GET ${path}`),
      answer: path === "/health" ? fine : missing,
    })),
    {
      what: "a page's handshake with a bad token",
      bytes: shake({ origin: page }, `GET ${route}?token=a.b.c`),
      answer: badToken,
    },
    ...["=", "%20", "+", "%0A", ".x", "A"].map((behind) => ({
      what: `a handshake whose token has ${behind} behind it`,
      bytes: shake({}, `GET ${address}${behind}`),
      answer: badToken,
    })),
    {
      what: "a handshake with a padded token as subprotocol",
      bytes: shake(
        { "sec-websocket-protocol": `tidings.v1, tidings.bearer.${token}=` },
        `GET ${route}`,
      ),
      answer: badToken,
    },
    {
      what: "a handshake with two credentials",
      bytes: shake({
        authorization: [`Bearer ${token}`, `Bearer ${token}`],
      }, `GET ${route}`),
      answer: unauthenticated,
    },
  ];
}

/** Returns requests of every method for known routes. */
export function oddMethods({ signingKey, token }: OddParts): OddRequest[] {
  const fields = {
    host: "127.0.0.1",
    authorization: `Bearer ${signingKey}`,
    "content-length": "0",
  };
  const routes = [
    ["/health", "GET HEAD"],
    ["/v1/realtime/publish?channel=c&topic=t", "POST"],
    ["/v1/realtime/publish/batch", "POST"],
    ["/v1/realtime/token", "POST"],
    ["/v1/realtime/connect", "GET"],
    [`/v1/realtime/sse?token=${token}`, "GET"],
    ["/v1/realtime/history?channel=c", "GET HEAD"],
    ["/v1/realtime/streams?channel=c", "GET HEAD"],
    ["/v1/realtime/none", ""],
  ] as const;
  const requests = routes.flatMap(([path, known]) =>
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
      .filter((method) => !known.split(" ").includes(method))
      .map((method): OddRequest => ({
        what: `${method} ${path.replace(token, "…")}`,
        bytes: write(`${method} ${path}`, fields),
        answer: method === "HEAD" ? [404] : missing,
      }))
  );
  const others = ["TRACE /health", "CONNECT x:1", "OPTIONS *", "FOO /health"];
  return [
    ...requests,
    ...others.map((start) => ({ what: start, bytes: write(start, fields) })),
  ];
}
