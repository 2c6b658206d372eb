import { Buffer } from "node:buffer";
import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { RealtimeErrorCode } from "../../core/protocol/errors.ts";
import { JSON_HEADERS } from "./json_answer.ts";

/** The connections whose request may take as long as it likes. */
const patient = new WeakSet<Duplex>();

/** The connections that have got their last answer. */
const leaving = new WeakSet<Duplex>();

/** How long a client may go on sending after its last answer. */
const LEAVING_MS = 1000;

const TOO_SLOW = "ERR_HTTP_REQUEST_TIMEOUT";

/** The answer to what Node finds wrong with a request: its status, and the error in its body. */
type Refusal = readonly [number, RealtimeErrorCode, string];

/** The answers that differ from {@linkcode MALFORMED}, by Node's codes. */
const ANSWERS: Readonly<Record<string, Refusal>> = {
  [TOO_SLOW]: [408, "invalid_data", "it took too long to arrive"],
  HPE_HEADER_OVERFLOW: [431, "too_large", "its head is too large"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    "too_large",
    "its chunk extensions are too large",
  ],
};

const MALFORMED: Refusal = [400, "invalid_argument", "it is malformed"];

/** Lets a request take as long as it likes, until it is answered. */
export function mayTakeLong({ outgoing }: { outgoing?: ServerResponse }): void {
  const socket = outgoing?.socket;
  if (!socket) return;
  patient.add(socket);
  // The connection's next request is as limited as any other.
  outgoing.once("close", () => patient.delete(socket));
}

/** Answers and ends connections whose requests are malformed, or slower than the server's limits. */
export function answerClientErrors(server: Server): void {
  server.on("clientError", (error: Error, socket: Duplex) => {
    const { code } = Object(error);
    if (code === TOO_SLOW && patient.has(socket)) return;
    // Node reports each further piece of a request that it can't read.
    if (leaving.has(socket)) return;
    if (socket.writable && !isAnswering(socket)) {
      leave(socket, answer(code));
    } else socket.destroy(error);
  });
}

/**
 * Sends a connection's last answer and ends it. What the client still sends is read for a while: a reset for unread bytes could reach it
 * before it has read the answer.
 */
function leave(socket: Duplex, answer: string): void {
  leaving.add(socket);
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), LEAVING_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Tells whether an answer has begun: a second one would stand in the middle of it. */
function isAnswering(socket: Duplex): boolean {
  // Node has no public way from a connection to its answer, and looks at this property itself if no listener does.
  const { _httpMessage } = Object(socket);
  return _httpMessage?.headersSent === true;
}

function answer(nodeCode: string): string {
  const [status, code, reason] = ANSWERS[nodeCode] ?? MALFORMED;
  const message = `Cannot read the request: ${reason}`;
  const body = JSON.stringify({ error: { code, message } });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(JSON_HEADERS).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
