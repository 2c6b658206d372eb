import { isLoopback } from "../../core/http/loopback.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isHost } from "../runtimes/host.ts";
import {
  hostnameOf,
  pathOf,
  type RequestHead,
} from "../runtimes/request_head.ts";
import { malformedAddress } from "../runtimes/failed.ts";
import { allowsOrigin, isSentUnasked, type OriginRules } from "./origin.ts";

/** The path at which a client that can't connect asks why. It is below the other routes, so that a mounted gateway has it, too. */
export const STATUS_PATH = "/v1/realtime/status";

/** Decides whether a request may enter the gateway, whatever its route. */
export class Admission {
  /** The pages that may use the gateway. */
  readonly origins: OriginRules;
  /** Whether every request is refused, except for probes and what operators see. */
  isDraining = false;
  /** The time at which a drain ends at the latest, on the clock of `performance.now()`. */
  drainsUntil = 0;

  constructor(origins: OriginRules) {
    this.origins = origins;
  }

  /** Returns the error for a page whose origin is not allowed. */
  originRefusal({ origin, host }: RequestHead): RealtimeError | undefined {
    const isAllowed = origin === undefined ||
      allowsOrigin(this.origins, origin) || isOwnPage(origin, host);
    if (isAllowed) return undefined;
    const quoted = JSON.stringify(origin.slice(0, 200));
    return forbidden(
      `Cannot answer a page of ${quoted}: its origin is not allowed; see --allowed-origins`,
    );
  }

  /** Checks a request; returns the error to answer with, `undefined` for a request that may enter. */
  refusal(head: RequestHead): RealtimeError | undefined {
    const { target, host } = head;
    if (!isHost(host)) return malformedAddress();
    const strange = this.origins.dev ? refusalInDevelopment(head) : undefined;
    if (strange) return strange;
    // CORS alone would run the request and only keep the page from reading the answer.
    const foreign = this.originRefusal(head);
    if (foreign) return foreign;
    if (this.isDraining && !staysOpen(pathOf(target))) {
      return new RealtimeError(
        "unavailable",
        "Cannot answer: the gateway restarts; try again",
      );
    }
    return isUtf8(target) ? undefined : new RealtimeError(
      "invalid_argument",
      "Cannot read the address: it is not UTF-8",
    );
  }
}

/** The headers that reverse proxies and tunnels add to the requests that they pass on. */
const FORWARDING_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "cf-connecting-ip",
] as const;

/** Checks that a request to a gateway without keys comes from a program on this machine, for this machine. */
function refusalInDevelopment(head: RequestHead): RealtimeError | undefined {
  if (!isLoopback(hostnameOf(`http://${head.host}`))) {
    // A page could reach the gateway through a host name that was rebound to this machine.
    return forbidden(
      "Cannot answer: in development mode requests must be for localhost; set a signing key to serve others",
    );
  }
  const forwarding = FORWARDING_HEADERS.find((name) =>
    head.header(name) !== undefined
  );
  if (forwarding !== undefined) {
    return forbidden(
      `Cannot answer: the request came through a proxy or tunnel ("${forwarding}"), which would open a gateway without keys to everyone; set a signing key`,
    );
  }
  // A program elsewhere can write any host into its request. An app that the gateway is mounted in may listen on any address.
  if (head.peer !== undefined && !isLoopback(head.peer)) {
    return forbidden(
      "Cannot answer: in development mode requests must come from this machine; set a signing key to serve others",
    );
  }
  if (isSentUnasked(head)) {
    // It reads nothing, but holds a connection or a feed.
    return forbidden(
      "Cannot answer: with --dev a page of another site can't load this as an image, script, frame or prefetch; open the address itself, or use fetch() on a page of localhost",
    );
  }
  return undefined;
}

/** Tells whether a page comes from this gateway, as the operators' page does, whose requests other than GET have an origin too. */
function isOwnPage(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

function forbidden(message: string): RealtimeError {
  return new RealtimeError("forbidden", message);
}

/** The paths that are answered while the gateway drains: its probes, its status and what operators see. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/admin",
  "/health",
  "/livez",
  "/metrics",
  "/readyz",
  STATUS_PATH,
]);

/** Tells whether a path is answered while the gateway drains. */
function staysOpen(path: string): boolean {
  return OPEN_PATHS.has(path) || path.startsWith("/page/") ||
    path.startsWith("/v1/admin/");
}

/** Tells whether an address is UTF-8, with and without percent-escapes. Decoding another would give a name that the sender didn't mean. */
function isUtf8(target: string): boolean {
  // Escapes of ASCII need no decoding, which takes 5 µs on Bun.
  if (!/%(?![0-7][0-9a-f])/i.test(target)) return true;
  try {
    // Bun replaces bytes that are not UTF-8 by this character before it hands out the address.
    return !decodeURIComponent(target).includes("\ufffd");
  } catch {
    return false;
  }
}
