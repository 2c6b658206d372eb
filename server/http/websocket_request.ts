import { RealtimeError } from "../../core/protocol/errors.ts";
import { AUTH_PROTOCOL } from "../../core/protocol/frames.ts";
import { invalidToken } from "../../core/protocol/token.ts";
import { BEARER_PROTOCOL, offeredNames } from "../wire/credentials.ts";
import type { RequestHead } from "../runtimes/request_head.ts";

/** The base64 form of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** A token of RFC 9110, which a subprotocol's name is. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The only version of WebSocket that is in use. */
export const WEBSOCKET_VERSION = "13";

/** Error for a handshake of a version that is not supported, which has a status of its own: 426. */
export class UnsupportedVersion extends RealtimeError {
  constructor() {
    super(
      "invalid_argument",
      `Cannot connect: the version of WebSocket must be ${WEBSOCKET_VERSION}`,
    );
  }
}

/** Tells whether a request offers to become a WebSocket. */
export function offersWebSocket(head: RequestHead): boolean {
  return head.header("upgrade")?.toLowerCase() === "websocket";
}

/**
 * Checks that a `GET` request is a WebSocket's handshake as RFC 6455 §4.2.1 has it. It runs before the upgrade because each runtime
 * checks other parts, and answers what it finds in its own way: Deno throws, Bun accepts.
 *
 * @throws {RealtimeError} `invalid_argument`, {@linkcode UnsupportedVersion}; `invalid_token` for a subprotocol that can't carry a token.
 */
export function checkWebSocketRequest(head: RequestHead): void {
  if (!offersWebSocket(head)) {
    // Proxies drop the headers of a connection, and pass on the others of the handshake.
    const isStripped = head.header("sec-websocket-key") !== undefined;
    throw refusal(
      isStripped
        ? "the handshake has no Upgrade header, so a proxy dropped it; let the proxy pass on Upgrade and Connection"
        : "the request is not a WebSocket handshake; /v1/realtime/sse takes plain HTTP",
    );
  }
  const connection = head.header("connection")?.toLowerCase().split(",") ?? [];
  if (!connection.some((option) => option.trim() === "upgrade")) {
    throw refusal("the handshake's Connection header doesn't name Upgrade");
  }
  if (head.header("sec-websocket-version") !== WEBSOCKET_VERSION) {
    throw new UnsupportedVersion();
  }
  if (!KEY.test(head.header("sec-websocket-key") ?? "")) {
    throw refusal(
      "the handshake's Sec-WebSocket-Key is not 16 bytes of base64",
    );
  }
  // Behind a handshake come frames; a body would be read as such.
  const length = head.header("content-length") ?? "0";
  if (length !== "0" || head.header("transfer-encoding") !== undefined) {
    throw refusal("a handshake has no body");
  }
  checkSubprotocols(head.header("sec-websocket-protocol"));
}

function checkSubprotocols(header: string | undefined): void {
  if (header === undefined) return;
  const names = offeredNames(header);
  const malformed = names.find((name) => !NAME.test(name));
  const isToken = [BEARER_PROTOCOL, AUTH_PROTOCOL]
    .some((prefix) => malformed?.startsWith(prefix));
  if (isToken) {
    throw invalidToken("it is not a JWT");
  }
  if (malformed !== undefined || new Set(names).size < names.length) {
    throw refusal("the handshake's Sec-WebSocket-Protocol is malformed");
  }
}

function refusal(problem: string): RealtimeError {
  return new RealtimeError("invalid_argument", `Cannot connect: ${problem}`);
}
