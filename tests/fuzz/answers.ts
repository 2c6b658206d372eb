/** An HTTP answer. Texts have one character for each byte. */
export interface Answer {
  readonly status: number;
  /** The headers, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Whether the body was received to its end. */
  readonly isComplete: boolean;
}

/** Everything that was received on a connection. */
export interface Received {
  readonly answers: readonly Answer[];
  /** The bytes after an answer 101. */
  readonly frames?: string;
  /** The bytes that are no HTTP answer. */
  readonly noise?: string;
}

interface Body {
  readonly body: string;
  /** Where the next answer starts; absent while the body is incomplete. */
  readonly end?: number;
}

const HEAD = /^HTTP\/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n((?:[^\r\n]*\r\n)*?)\r\n/;

/**
 * Reads the answers of a connection.
 *
 * @param methods The method of each request: an answer to HEAD has no body.
 * @param isOver Whether the gateway sends nothing more.
 */
export function readAnswers(
  bytes: string,
  methods: readonly string[],
  isOver: boolean,
): Received {
  const answers: Answer[] = [];
  let rest = bytes;
  while (rest !== "") {
    const match = HEAD.exec(rest);
    if (!match) {
      const isPart = !isOver && !rest.includes("\r\n\r\n");
      return isPart ? { answers } : { answers, noise: rest };
    }
    const [head, code = "", fields = ""] = match;
    const status = Number(code);
    rest = rest.slice(head.length);
    if (status === 101) {
      answers.push({
        status,
        headers: headersOf(fields),
        body: "",
        isComplete: true,
      });
      return { answers, frames: rest };
    }
    // The answer to `expect: 100-continue` precedes the answer to the request.
    if (status < 200) continue;
    const headers = headersOf(fields);
    const isEmpty = methods[answers.length] === "HEAD" || status === 204 ||
      status === 304;
    const { body, end } = isEmpty
      ? { body: "", end: 0 }
      : readBody(rest, headers, isOver);
    answers.push({ status, headers, body, isComplete: end !== undefined });
    if (end === undefined) return { answers };
    rest = rest.slice(end);
  }
  return { answers };
}

function headersOf(fields: string): Map<string, string> {
  return new Map(
    fields.split("\r\n").filter((field) => field !== "").map((field) => {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).toLowerCase();
      return [name, field.slice(colon + 1).trim()];
    }),
  );
}

function readBody(
  rest: string,
  headers: ReadonlyMap<string, string>,
  isOver: boolean,
): Body {
  if (headers.get("transfer-encoding") === "chunked") return readChunks(rest);
  const length = headers.get("content-length");
  if (length === undefined) {
    return isOver ? { body: rest, end: rest.length } : { body: rest };
  }
  const end = Number(length);
  return rest.length < end ? { body: rest } : { body: rest.slice(0, end), end };
}

function readChunks(rest: string): Body {
  let body = "";
  for (let at = 0;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return { body };
    const size = Number.parseInt(rest.slice(at, lineEnd), 16);
    // A runtime may break off a body with another answer, such as 400 for a request whose rest is malformed.
    if (!(size >= 0)) return { body };
    const start = lineEnd + 2;
    body += rest.slice(start, start + size);
    // A chunk is followed by a line end, and so is the last one, which is empty.
    at = start + size + 2;
    if (at > rest.length) return { body };
    if (size === 0) return { body, end: at };
  }
}

/** A frame of the gateway. */
export interface GatewayFrame {
  readonly opcode: number;
  readonly payload: string;
}

/** The most frames that are kept. */
const KEPT = 100;

const TEXT = 1;

/** Reads frames from the pieces in which they arrive. */
export class FrameReader {
  /** The first frames, and all of those after them that control the connection. */
  readonly frames: GatewayFrame[] = [];
  /** The beginning of a frame. */
  #rest = "";

  /** Reads a piece, which ends anywhere. */
  read(piece: string): void {
    const bytes = this.#rest + piece;
    let at = 0;
    for (;;) {
      const short = bytes.charCodeAt(at + 1) & 127;
      const size = short < 126 ? 0 : short === 126 ? 2 : 8;
      let length = size === 0 ? short : 0;
      for (let i = 0; i < size; i++) {
        length = length * 256 + bytes.charCodeAt(at + 2 + i);
      }
      const start = at + 2 + size;
      const end = start + length;
      // NaN, for a head that is incomplete, is not enough either.
      if (bytes.length < start || !(end <= bytes.length)) break;
      const opcode = bytes.charCodeAt(at) & 15;
      if (this.frames.length < KEPT || opcode > TEXT) {
        this.frames.push({ opcode, payload: bytes.slice(start, end) });
      }
      at = end;
    }
    this.#rest = bytes.slice(at);
  }
}
