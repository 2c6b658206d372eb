import type { Random } from "./random.ts";
import { mutate } from "./mutate.ts";

/** A header of a request. */
export type Header = readonly [name: string, value: string];

/** A request before it becomes bytes. All of its texts have one character for each byte. */
export interface Draft {
  method: string;
  target: string;
  headers: Header[];
  body: string;
  /** Whether a credential in it is valid. */
  isAuthorized: boolean;
  /** Whether it follows the grammar of HTTP, so that the gateway owes it an answer, or at least the end of the connection. */
  isWhole: boolean;
}

/** Returns a draft without credentials. */
export function draftOf(method: string, target: string): Draft {
  return {
    method,
    target,
    headers: [["host", "127.0.0.1"]],
    body: "",
    isAuthorized: false,
    isWhole: true,
  };
}

/** Writes a draft as it goes over the wire; a body without a length of its own gets one. */
export function encode(draft: Draft, version = "HTTP/1.1"): string {
  const { method, target, headers, body } = draft;
  const hasLength = headers.some(([name]) =>
    /^(content-length|transfer-encoding)$/i.test(name)
  );
  const fields = hasLength || (body === "" && method !== "POST")
    ? headers
    : [...headers, ["content-length", String(body.length)] as const];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} ${version}\r\n${lines.join("")}\r\n${body}`;
}

/** Writes a body in chunks. */
export function chunked(body: string, random: Random): string {
  let rest = body;
  let encoded = "";
  while (rest !== "") {
    const piece = rest.slice(0, 1 + random.below(rest.length));
    encoded += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    rest = rest.slice(piece.length);
  }
  return `${encoded}0\r\n\r\n`;
}

/** Changes a draft so that it is still a request, but an unusual one. */
type Change = (draft: Draft, random: Random) => void;

const HOSTS = [
  ...["localhost", "127.0.0.1:1", "[::1]", "a, b", "", "x".repeat(300)],
  ...[
    "evil.example",
    "http://127.0.0.1",
    "127.0.0.1/a",
    "127.0.0.1:99999",
    "127.0..1",
    "999.0.0.1",
  ],
  ...["user@127.0.0.1", "127.0.0.1?x", "127.0.0.1#x", "a b", "%00", "\xff"],
];

const UNUSUAL_HEADERS: readonly Header[] = [
  ["origin", ""],
  ["origin", "null"],
  ["origin", "https://app.example.com"],
  ["origin", "https://a.example, https://b.example"],
  ["origin", "\xff"],
  ["upgrade", "h2c"],
  ["upgrade", "websocket"],
  ["connection", "close"],
  ["connection", "upgrade, keep-alive"],
  ["content-encoding", "gzip"],
  ["content-type", "application/json"],
  ["content-type", "text/stream"],
  ["content-type", "TEXT/Stream; charset=x"],
  ["content-type", "multipart/form-data"],
  ["content-type", "\xff/\xff"],
  ["accept", "text/event-stream"],
  ["accept-encoding", "gzip, br"],
  ["expect", "100-continue"],
  ["expect", "200-ok"],
  ["range", "bytes=0-1"],
  ["if-none-match", "*"],
  ["cookie", "a=b"],
  ["x-forwarded-for", "203.0.113.1"],
  ["x-forwarded-host", "evil.example"],
  ["forwarded", "for=203.0.113.1"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["idempotency-key", ""],
  ["idempotency-key", "k".repeat(300)],
  ["idempotency-key", "$reply:aaaaaaaa-1"],
  ["idempotency-ttl", "-1"],
  ["last-event-id", "aaaaaaaa-1"],
  ["authorization", "Basic eDp5"],
  ["authorization", "Bearer"],
  ["authorization", "Bearer  x y"],
  ["authorization", ""],
  ["access-control-request-method", "POST"],
  ["x-long", "x".repeat(5_000)],
];

const CHANGES: readonly Change[] = [
  function addHeader({ headers }, random) {
    const at = random.below(headers.length + 1);
    headers.splice(at, 0, random.pick(UNUSUAL_HEADERS));
  },
  function repeatHeader({ headers }, random) {
    const at = random.below(headers.length + 1);
    headers.splice(at, 0, random.pick(headers));
  },
  function changeCase({ headers }, random) {
    const at = random.below(headers.length);
    const [name, value] = headers[at] ?? ["x", ""];
    headers[at] = [name.toUpperCase(), value];
  },
  function changeHost({ headers }, random) {
    const at = headers.findIndex(([name]) => /^host$/i.test(name));
    headers.splice(Math.max(0, at), 1, ["host", random.pick(HOSTS)]);
  },
  function changeMethod(draft, random) {
    draft.method = random.pick([
      ...["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"],
      ...["get", "QUERY", "PROPFIND"],
    ]);
  },
  function changeTarget(draft, random) {
    const { target } = draft;
    draft.target = random.pick([
      ...[`http://127.0.0.1${target}`, `http://evil.example${target}`],
      ...[`/${target}`, target.replace("?", "/?"), target.replace("?", "%3f")],
      ...[
        `${target}#x`,
        `${target}&`,
        `${target}&&=&=`,
        `${target}?`,
        "*",
        "/",
      ],
      ...[target.toUpperCase(), target.replace("/v1", "/%761"), `/.${target}`],
      ...[`/x/..${target}`, `${target}&channel=fuzz:7`, `${target}&topic=%`],
      ...[
        `${target}${"&topic=a".repeat(200)}`,
        `${target}&x=${"y".repeat(6_000)}`,
      ],
    ]);
  },
];

/** Makes a draft unusual, in up to three ways. */
export function change(draft: Draft, random: Random): void {
  for (let count = random.below(4); count > 0; count--) {
    random.pick(CHANGES)(draft, random);
  }
}

/** Headers that contradict the body, or each other. */
const FRAMING: ReadonlyArray<readonly Header[]> = [
  ...["0", "1", "-1", "+5", "5, 5", "5, 6", "0x5", "", "99999999", "1e3"]
    .map((length): Header[] => [["content-length", length]]),
  [["content-length", "3"], ["content-length", "4"]],
  [["content-length", "18446744073709551617"]],
  [["transfer-encoding", "chunked"]],
  [["transfer-encoding", "chunked"], ["content-length", "5"]],
  [["transfer-encoding", "gzip, chunked"]],
  [["transfer-encoding", "chunked, identity"]],
  [["transfer-encoding", "xchunked"]],
  [["transfer-encoding", "chunked"], ["transfer-encoding", "chunked"]],
];

const BROKEN_CHUNKS = [
  ...["", "5\r\nhello", "5\r\nhello\r\n", "g\r\nhello\r\n0\r\n\r\n"],
  ...["-1\r\nx\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n", "0\r\n"],
  ...["ffffffffffffffff\r\nhello", "5\nhello\n0\n\n", "5\r\nhelloX0\r\n\r\n"],
  ...["0\r\nhost: evil.example\r\n\r\n", "00000005\r\nhello\r\n0\r\n\r\n"],
];

/** Writes a draft and breaks the grammar of HTTP. */
export function encodeBroken(draft: Draft, random: Random): string {
  draft.isWhole = false;
  switch (random.below(6)) {
    case 0: {
      const framing = random.pick(FRAMING);
      const isChunked = framing.some(([, value]) => value.includes("chunked"));
      const headers = [...draft.headers, ...framing];
      const body = isChunked ? random.pick(BROKEN_CHUNKS) : draft.body;
      return encode({ ...draft, headers, body });
    }
    case 1:
      return encode(
        draft,
        random.pick(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9", "x", ""]),
      );
    case 2: {
      const many = Array.from(
        { length: 1 + random.below(300) },
        (_, i): Header => [`x-${i}`, "x".repeat(random.below(400))],
      );
      return encode({ ...draft, headers: [...draft.headers, ...many] });
    }
    case 3: {
      const { headers } = draft;
      const at = random.below(headers.length);
      const [name, value] = headers[at] ?? ["x", ""];
      const broken: Header = random.pick<Header>([
        [` ${name}`, value],
        [`${name} `, value],
        [name, `a\r\n ${value}`],
        [name, `${value}\r\nx-injected: 1`],
        [name, `${value}\0`],
        ["", value],
        ["\xff", value],
        [`${name}\r\n${name}`, value],
      ]);
      return encode({ ...draft, headers: headers.with(at, broken) });
    }
    default:
      return mutate(encode(draft), random);
  }
}
