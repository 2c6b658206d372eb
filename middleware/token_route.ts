import { RealtimeError } from "../core/protocol/errors.ts";
import { STATUS_OF_CODE } from "../core/protocol/http_status.ts";
import type { TokenOptions } from "../core/types/realtime.ts";
import { appOf, type RealtimeOptions } from "./app.ts";
import { type AskedToken, readAskedToken } from "./token_request.ts";

/** What the app grants to whoever sent a request for a token: the channel, its topics, and for how long. */
export type TokenGrant = TokenOptions;

/**
 * Decides about a request for a token.
 *
 * - A {@linkcode TokenGrant}: the token is minted.
 * - `true`: what was asked for is granted as it is.
 * - `false`, `null` or `undefined`: the answer is 403.
 * - A `Response`: it is the answer.
 */
export type Authorize = (
  request: Request,
  asked: AskedToken,
) => AuthorizeResult | Promise<AuthorizeResult>;

/** What {@linkcode Authorize} returns. */
export type AuthorizeResult =
  | TokenGrant
  | Response
  | boolean
  | null
  | undefined;

/** What {@linkcode tokenRoute} takes. */
export interface TokenRouteOptions extends RealtimeOptions {
  /** Decides, behind the app's own authentication, what a request is granted. */
  authorize: Authorize;
}

/** What a web framework hands to a route: the request itself, or a context that has it. */
export type RouteInput =
  | Request
  | { readonly request: Request }
  | { readonly req: { readonly raw: Request } };

/** A route that mints tokens. */
export interface TokenRoute {
  /** Answers what a web framework hands to a route. */
  (input: RouteInput): Promise<Response>;
  // The last one is what Next.js looks at: it refuses route handlers that take anything else.
  /** Answers a request. */
  (request: Request): Promise<Response>;
}

/**
 * Makes a route that mints subscription tokens behind the app's own authentication. It is a plain
 * `(Request) => Promise<Response>` that also takes the contexts of Hono, SvelteKit and Astro, so that it is mounted
 * as it is. It answers GET and POST with `{"token":{…}}`, the shape that `subscribe` and the hooks take.
 *
 * Whoever asks may name a channel and topics (JSON body, or `?channel=&topic=`): `authorize` sees them and decides.
 *
 * @param options How requests are judged, and where the gateway is.
 * @throws {TypeError} Where `authorize` is no function.
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
 *
 * @example Hono
 * ```ts
 * import { Hono } from "@hono/hono";
 * import { tokenRoute } from "@tidings/realtime/middleware";
 *
 * const app = new Hono();
 * app.post("/realtime-token", tokenRoute({
 *   authorize: (request, asked) =>
 *     request.headers.has("cookie") && asked.channel === "logs",
 * }));
 * ```
 */
export function tokenRoute(options: TokenRouteOptions): TokenRoute {
  const { authorize } = options;
  if (typeof authorize !== "function") {
    throw new TypeError(
      'Cannot make a token route: "authorize" is not a function',
    );
  }
  const app = appOf(options);

  return async (input) => {
    const request = requestOf(input);
    if (request.method !== "GET" && request.method !== "POST") {
      return new Response(null, {
        status: 405,
        headers: { allow: "GET, POST" },
      });
    }
    let grant;
    try {
      grant = await judge(request, authorize);
    } catch (error) {
      if (!(error instanceof RealtimeError)) throw error;
      return answer(STATUS_OF_CODE[error.code] ?? 500, {
        error: { code: error.code, message: error.message },
      });
    }
    if (grant instanceof Response) return grant;
    // A failure from here on is the app's own, as a missing configuration: it is not shown to the browser.
    return answer(200, { token: await app.token(grant) });
  };
}

function requestOf(input: RouteInput): Request {
  // The request of another realm or of a wrapper is no instance of this one's class.
  if ("req" in input) return input.req.raw;
  return "request" in input ? input.request : input;
}

async function judge(
  request: Request,
  authorize: Authorize,
): Promise<TokenGrant | Response> {
  const asked = await readAskedToken(request);
  const result = await authorize(request, asked);
  if (!result) {
    throw new RealtimeError("forbidden", "Cannot mint a token: not granted");
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

function answer(status: number, body: unknown): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store" },
  });
}
