import { gatewayFetch } from "../http/gateway_fetch.ts";
import { networkReason } from "../http/network_reason.ts";
import { readText } from "../http/read_text.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import type { PROTOCOL } from "../protocol/frames.ts";
import type { JsonObject } from "../protocol/shape.ts";
import { either } from "../time/either.ts";
import { askGateway } from "./ask_gateway.ts";
import { isTokenRefusal } from "./token_source.ts";

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
}

/** Why an attempt to connect failed: the gateway refused the token, or a reason that is the rest of a sentence. */
export interface FailureReason {
  readonly refusal?: RealtimeError;
  readonly reason?: string;
}

/** The parts of a browser's global object that other runtimes may lack. */
interface Page {
  readonly location?: { readonly protocol?: string };
  readonly navigator?: { readonly onLine?: boolean };
}

/** Finds out why an attempt to connect to a gateway with a token failed: browsers don't tell. The signal ends the search. */
export async function explainFailure(
  url: string,
  token: string,
  attempt: FailedAttempt,
  signal: AbortSignal,
): Promise<FailureReason> {
  // The answer to the same request without a WebSocket.
  const { error } = await askGateway(url, "connect", token, { signal }) ?? {};
  const answer = errorOf(error);
  return isTokenRefusal(answer) || answer.code === "forbidden"
    ? { refusal: answer }
    : { reason: await findReason(url, attempt, answer, signal) };
}

/** Finds out the reason by a plain request. */
async function findReason(
  url: string,
  attempt: FailedAttempt,
  answer: RealtimeError,
  closing: AbortSignal,
): Promise<string> {
  const address = `${url}/v1/realtime/status`;
  const action = `Cannot use ${url}`;
  try {
    const signal = either(closing, AbortSignal.timeout(PATIENCE_MS));
    const response = await gatewayFetch(url)(address, { signal });
    const text = await readText(response, action);
    const reason = reasonOf(response, text, attempt, answer);
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
    const signal = either(closing, AbortSignal.timeout(PATIENCE_MS));
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
  answer: RealtimeError,
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
  return blockedTransport(attempt, answer);
}

/** Returns the reason where a gateway answers plain requests. */
function blockedTransport(
  { isSse, isFixed }: FailedAttempt,
  answer: RealtimeError,
): string {
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
