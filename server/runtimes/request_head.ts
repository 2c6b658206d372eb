/** The address of a WebSocket's handshake. */
export const CONNECT_PATH = "/v1/realtime/connect";

/** The head of a request, in the same form for every runtime. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The page that sent the request; `undefined` for a request that no page sent. */
  readonly origin: string | undefined;
  /** The host that the request is for, without its port. */
  readonly hostname: string;
  /** Reads a header by its name in lower case. */
  header(name: string): string | undefined;
}

/** The head of a `Request`. */
export class FetchHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly origin: string | undefined;
  readonly #request: Request;

  constructor(request: Request) {
    const { method, url } = request;
    this.#request = request;
    this.method = method;
    this.target = url.slice(url.indexOf("/", "https://".length));
    this.origin = this.header("origin");
  }

  get hostname(): string {
    return hostnameOf(this.#request.url);
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
