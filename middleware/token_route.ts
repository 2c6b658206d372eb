import { invalidArgument } from "../core/protocol/duration.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import { errorBody } from "../core/protocol/error_body.ts";
import { STATUS_OF_CODE } from "../core/protocol/http_status.ts";
import type { TokenOptions } from "../core/types/realtime.ts";
import { appOf, type RealtimeOptions } from "./app.ts";
import { type AskedToken, readAskedToken } from "./token_request.ts";

/** The channel, topics and lifetime of a token that the app grants to the sender of a request. */
export type TokenGrant = TokenOptions;

/**
 * Decides about a request for a token.
 *
 * - A {@linkcode TokenGrant} mints the token.
 * - `true` grants the channel and topics that the request asks for.
 * - `false`, `null` or `undefined` responds with 403.
 * - A `Response` is sent as it is.
 */
export type Authorize = (
  request: Request,
  asked: AskedToken,
) => AuthorizeResult | Promise<AuthorizeResult>;

/** The result of {@linkcode Authorize}. */
export type AuthorizeResult =
  | TokenGrant
  | Response
  | boolean
  | null
  | undefined;

/** The options of {@linkcode tokenRoute}. */
export interface TokenRouteOptions extends RealtimeOptions {
  /** Decides which topics a request is granted, after the app's own authentication. */
  authorize: Authorize;
}

/** The argument that a web framework passes to a route: the request, or a context with the request. */
export type RouteInput =
  | Request
  | { readonly request: Request }
  | { readonly req: { readonly raw: Request } };

/** A route that mints tokens. */
export interface TokenRoute {
  /** Responds to a request that a web framework passes to a route. */
  (input: RouteInput): Promise<Response>;
  // Next.js only looks at the last overload, and refuses route handlers that take anything but a request.
  /** Responds to a request. */
  (request: Request): Promise<Response>;
}

/**
 * Makes a route that mints subscription tokens behind the app's own authentication. The route is a `(Request) => Promise<Response>` that
 * also takes the contexts of Hono, SvelteKit and Astro: `app.post("/token", tokenRoute(…))`. It responds to GET and POST with
 * `{"token":{…}}`, which `subscribe` and the hooks take.
 *
 * The request may name a channel and topics (JSON body, or `?channel=&topic=`), which are passed to `authorize`.
 *
 * @throws {RealtimeError} `invalid_argument` if `authorize` is not a function.
 *
 * @example Next.js, `app/api/realtime-token/route.ts`
 * ```ts
 * import { tokenRoute } from "@tidings/realtime/middleware";
 *
 * declare function getSession(request: Request): Promise<{ userId: string } | null>;
 *
 * export const POST = tokenRoute({
 *   async authorize(request) {
 *     const session = await getSession(request);
 *     return session && { channel: `user:${session.userId}`, topics: ["ai"] };
 *   },
 * });
 * ```
 */
export function tokenRoute(options: TokenRouteOptions): TokenRoute {
  const { authorize } = options;
  if (typeof authorize !== "function") {
    throw invalidArgument(
      'Cannot make a token route: "authorize" is not a function',
    );
  }
  const app = appOf(options);

  return async (input) => {
    const request = requestOf(input);
    if (request.method !== "GET" && request.method !== "POST") {
      const headers = { allow: "GET, POST" };
      return new Response(null, { status: 405, headers });
    }
    let grant;
    try {
      grant = await decide(request, authorize);
    } catch (error) {
      if (!(error instanceof RealtimeError)) throw error;
      const status = STATUS_OF_CODE[error.code] ?? 500;
      return respond(status, { error: errorBody(error) });
    }
    if (grant instanceof Response) return grant;
    // A failure to mint is the app's own, such as a missing configuration. The browser must not see it.
    return respond(200, { token: await app.token(grant) });
  };
}

function requestOf(input: RouteInput): Request {
  // instanceof does not recognize requests of another realm or of a wrapper.
  if ("req" in input) return input.req.raw;
  return "request" in input ? input.request : input;
}

async function decide(
  request: Request,
  authorize: Authorize,
): Promise<TokenGrant | Response> {
  const asked = await readAskedToken(request);
  const result = await authorize(request, asked);
  if (!result) {
    throw new RealtimeError(
      "forbidden",
      "Cannot mint a token: it is not granted",
    );
  }
  if (result !== true) return result;
  const { channel, topics } = asked;
  if (channel === undefined || topics.length === 0) {
    throw new RealtimeError(
      "invalid_argument",
      "Cannot mint a token: the request names no channel or no topics",
    );
  }
  return { channel, topics };
}

function respond(status: number, body: unknown): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store" },
  });
}
