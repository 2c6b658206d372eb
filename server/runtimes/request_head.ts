import { ownText } from "../wire/own_text.ts";
import { isHost } from "./host.ts";
import { peerOf } from "./peer.ts";

/** The address of a WebSocket's handshake. */
export const CONNECT_PATH = "/v1/realtime/connect";

/**
 * The head of a request. Each adapter says where these come from; the rules about them are below and in `server/http`, once for all
 * runtimes and for both ways into the gateway.
 */
export interface RequestHead {
  readonly method: string;
  /** Path and query; meaningless where `host` is malformed. */
  readonly target: string;
  /** The host that the request is for, with its port: the `Host` header if there is one. It may be malformed. */
  readonly host: string;
  /** The page that sent the request; `undefined` for a request that no page sent. Even an empty header counts as a page's. */
  readonly origin: string | undefined;
  /** The IP address that the request came from; `undefined` if it came through no server, or through one that doesn't say it. */
  readonly peer: string | undefined;
  /** Reads a header by its name in lower case. Repeated headers are joined by `, `, which makes a repeated credential or host invalid. */
  header(name: string): string | undefined;
}

const SLASH = "/".charCodeAt(0);

/** The head of a `Request`. */
export class FetchHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly #request: Request;
  readonly #headers: Headers;
  readonly #env: unknown;

  /** @param env What the runtime passed beside the request. */
  constructor(request: Request, env?: unknown) {
    const { method, url, headers } = request;
    this.#request = request;
    this.#headers = headers;
    this.#env = env;
    this.method = method;
    const start = authorityStart(url);
    const host = headers.get("host");
    // Deno puts host and target together as they came, so that the URL of a host with a slash leads to another path: the target is what
    // follows the host as it came.
    if (
      host !== null && url.startsWith(host, start) &&
      url.charCodeAt(start + host.length) === SLASH
    ) {
      this.host = host;
      this.target = url.slice(start + host.length);
    } else {
      const end = url.indexOf("/", start);
      const authority = end < 0 ? "" : url.slice(start, end);
      // A request that comes from no network, as in tests, has no header.
      this.host = isHost(authority) ? host ?? authority : "";
      this.target = end < 0 ? "/" : url.slice(end);
    }
    this.origin = this.header("origin");
  }

  get peer(): string | undefined {
    return peerOf(this.#request, this.#env);
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }
}

/** Returns where the host begins in a URL; behind the end for a URL that is not HTTP's, such as the bare path that Bun gives for a malformed host. */
function authorityStart(url: string): number {
  if (url.startsWith("http://")) return "http://".length;
  return url.startsWith("https://") ? "https://".length : url.length;
}

/** Returns the host name of a URL, `""` for a text that is no URL. */
export function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

/** The place that a request came from. */
export interface Remote {
  /** The IP address: that of the last proxy, where there is one. */
  readonly address?: string | undefined;
  /** The page that sent the request. */
  readonly origin?: string | undefined;
}

/** Returns the place that a request came from. */
export function remoteOf(
  { peer, origin }: Pick<RequestHead, "peer" | "origin">,
): Remote {
  return { address: peer, origin: origin && ownText(origin.slice(0, 255)) };
}

/** Returns the path of a request's target. */
export function pathOf(target: string): string {
  return target.split(/[?#]/, 1)[0] ?? "";
}

/** Parses the query of a request's target. */
export function queryOf(target: string): URLSearchParams {
  const [address = ""] = target.split("#", 1);
  const start = address.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : address.slice(start + 1));
}
