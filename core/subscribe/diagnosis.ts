import { networkReason } from "../http/network_reason.ts";
import { readText } from "../http/read_text.ts";
import { RealtimeError } from "../protocol/errors.ts";
import type { PROTOCOL } from "../protocol/frames.ts";
import type { JsonObject } from "../protocol/shape.ts";

/** The protocol of this client. A bundler need not move it into a file that is shared with the part which loads this module. */
const OWN_PROTOCOL: typeof PROTOCOL = "tidings.v1";

/** How long the gateway may take to answer, in milliseconds: the next attempt waits for it. */
const PATIENCE_MS = 2_000;

/** The longest reason, in characters: it may quote what another server answers. */
const LONGEST_REASON = 400;

/** The attempt that failed. */
export interface FailedAttempt {
  /** Whether it was by Server-Sent Events, not by WebSocket. */
  readonly isSse: boolean;
  /** Whether the next attempt is by the same transport. */
  readonly isFixed: boolean;
  /** The gateway's answer to the same request without a WebSocket. */
  readonly answer: RealtimeError;
}

/** The parts of a browser's global object that other runtimes may lack. */
interface Page {
  readonly location?: { readonly protocol?: string };
  readonly navigator?: { readonly onLine?: boolean };
}

/**
 * Finds out by a plain request why an attempt to connect to a gateway failed, as the rest of a sentence: browsers don't tell the reason of a
 * failed handshake.
 */
export async function findReason(
  url: string,
  request: typeof fetch,
  attempt: FailedAttempt,
): Promise<string> {
  const address = `${url}/v1/realtime/status`;
  const action = `Cannot use ${url}`;
  try {
    const response = await request(address, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await readText(response, action);
    const reason = reasonOf(response, text, attempt);
    return reason.slice(0, LONGEST_REASON);
  } catch (error) {
    // The answer redirects, or does not end. The whole sentence names the gateway already.
    if (error instanceof RealtimeError) {
      return error.message.slice(`${action}: `.length);
    }
    const { location, navigator } = globalThis as Page;
    if (navigator?.onLine === false) return "this device is offline";
    if (location?.protocol === "https:" && url.startsWith("http:")) {
      return "a page of https can't connect to http";
    }
    const signal = AbortSignal.timeout(PATIENCE_MS);
    // A server may answer without allowing the page to read its answer. Browsers let such a request only follow redirects; it has no secret.
    return await fetch(address, { mode: "no-cors", signal }).then(
      ({ body }) => {
        // Nobody reads the answer, which would keep its connection.
        body?.cancel().catch(() => {});
        return "something answers there that is no gateway, or lets no page of this origin read its answer";
      },
      () => networkReason(error),
    );
  }
}

/** Reads the answer of what should be the gateway. */
function reasonOf(
  { status: code }: Response,
  text: string,
  attempt: FailedAttempt,
): string {
  const { name, protocol, status, drains_ms, error } = parse(text);
  if (name !== "tidings") {
    const { message } = Object(error);
    // A gateway that refuses the page, or a server with errors of the same form.
    return typeof message === "string"
      ? `HTTP ${code}, ${message}`
      : `something answers there (HTTP ${code}) that is no gateway; check the URL`;
  }
  if (protocol !== OWN_PROTOCOL) {
    return `it speaks the protocol "${protocol}", this client "${OWN_PROTOCOL}"; update the older one`;
  }
  if (status === "draining") {
    const seconds = Math.ceil(Number(drains_ms) / 1000) || 0;
    return `it drains before a restart, for at most ${seconds} s`;
  }
  return blockedTransport(attempt);
}

/** Returns the reason where a gateway answers plain requests. */
function blockedTransport({ isSse, isFixed, answer }: FailedAttempt): string {
  // It can't serve anyone now, by whatever transport.
  if (answer.code === "unavailable") return answer.message;
  if (isSse) {
    return "it answers plain requests, but Server-Sent Events don't get through; a proxy may hold them back";
  }
  const problem =
    "it answers plain requests, but no WebSocket gets through; a proxy may drop the headers of its handshake";
  return isFixed
    ? `${problem}, and the transport "sse" may work`
    : `${problem}; Server-Sent Events are next`;
}

/** Returns the fields of a JSON object, unchecked; none for any other text, such as another server's page. */
function parse(text: string): JsonObject {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
