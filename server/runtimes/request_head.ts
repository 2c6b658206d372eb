import { peerOf } from "./peer.ts";

/** The head of a request, in the same form for every runtime. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The page that sent the request; `undefined` for a request that no page sent. */
  readonly origin: string | undefined;
  /** The host that the request is for, without its port. */
  readonly hostname: string;
  /** The IP address that the request came from; `undefined` if it came through no server, or through one that doesn't say it. */
  readonly peer: string | undefined;
  /** Reads a header by its name in lower case. */
  header(name: string): string | undefined;
}

/** The head of a `Request`. */
export class FetchHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly origin: string | undefined;
  readonly #request: Request;
  readonly #env: unknown;

  /** @param env What the runtime passed beside the request. */
  constructor(request: Request, env?: unknown) {
    const { method, url } = request;
    this.#request = request;
    this.#env = env;
    this.method = method;
    this.target = url.slice(url.indexOf("/", "https://".length));
    this.origin = this.header("origin");
  }

  get hostname(): string {
    return hostnameOf(this.#request.url);
  }

  get peer(): string | undefined {
    return peerOf(this.#request, this.#env);
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }
}

/** Returns the host name of a URL, `""` for a text that is no URL. */
export function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
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
