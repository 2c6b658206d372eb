import { Hono } from "hono";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Incoming } from "../runtimes/adapter.ts";
import type { BodyHandler, DirectHandler } from "../runtimes/direct.ts";
import { lastRequests } from "../runtimes/last_requests.ts";
import {
  CONNECT_PATH,
  FetchHead,
  pathOf,
  type RequestHead,
} from "../runtimes/request_head.ts";
import { type Admission, STATUS_PATH } from "./admission.ts";
import { secure, toResponse } from "./answer.ts";
import { errorResponse, statusOf } from "./error_response.ts";
import type { Failures } from "./failures.ts";
import { crossOrigin } from "./origin.ts";

/** The routes behind the entrance. */
export interface Interior {
  /** Publishes a message or a batch, for requests whose head and body are enough. */
  readonly publish: DirectHandler;
  /** Opens a WebSocket. */
  connect(incoming: Incoming, head: RequestHead): Promise<Response>;
  /** Answers everything else. */
  readonly app: Pick<Hono, "fetch">;
}

/** Passes the answer to the route that adds CORS headers. */
interface PageBindings {
  answer(): MaybePromise<Response>;
}

/**
 * The only way into the gateway, for every runtime and route. A request that {@linkcode Admission} refuses reaches nothing behind
 * it, and every answer that a browser can receive has the security headers, and CORS headers if a page asked. Only the answer that opens
 * a WebSocket has neither: Deno takes just the very response that it made.
 */
export class Entrance {
  readonly #admission: Admission;
  readonly #interior: Interior;
  readonly #failures: Failures;
  /** Adds CORS headers to the answers for pages, and answers preflights. */
  readonly #pages: Hono<{ Bindings: PageBindings }>;

  constructor(admission: Admission, interior: Interior, failures: Failures) {
    this.#admission = admission;
    this.#interior = interior;
    this.#failures = failures;
    this.#pages = new Hono<{ Bindings: PageBindings }>()
      .use(crossOrigin(admission.origins, STATUS_PATH))
      .all("*", async ({ env }) => secure(await env.answer()));
  }

  /** Answers a request. */
  fetch(request: Request, env?: unknown): MaybePromise<Response> {
    const head = new FetchHead(request, env);
    const incoming = { request, env };
    if (head.method === "GET" && pathOf(head.target) === CONNECT_PATH) {
      return this.#connect(incoming, head);
    }
    if (head.method === "OPTIONS") this.#tellPreflight(head);
    return isForPage(head)
      ? this.#answerPage(request, () => this.#enter(incoming, head))
      : this.#enter(incoming, head);
  }

  /** Tells of a page that may not come in: its browser doesn't send the request after the preflight, and doesn't tell the page why. */
  #tellPreflight(head: RequestHead): void {
    const refusal = this.#admission.originRefusal(head);
    if (refusal) this.#failures.refused(head, statusOf(refusal), refusal);
  }

  /** Answers a request that has no `Request` yet; returns `undefined` where `fetch` has to answer it. */
  direct(head: RequestHead): BodyHandler | undefined {
    if (isForPage(head)) return undefined;
    if (this.#admission.refusal(head)) return undefined;
    return this.#interior.publish(head);
  }

  #enter(incoming: Incoming, head: RequestHead): MaybePromise<Response> {
    const { request, env } = incoming;
    const refusal = this.#admission.refusal(head);
    if (refusal) return errorResponse(this.#failures, head, request, refusal);
    const handle = this.#interior.publish(head);
    if (handle) return answerBody(handle, incoming);
    const response = this.#interior.app.fetch(request, Object(env));
    return response instanceof Promise
      ? response.then((response) => finish(request, response))
      : finish(request, response);
  }

  async #connect(incoming: Incoming, head: RequestHead): Promise<Response> {
    const { request } = incoming;
    try {
      const refusal = this.#admission.refusal(head);
      if (refusal) throw refusal;
      return await this.#interior.connect(incoming, head);
    } catch (error) {
      const answer = () => errorResponse(this.#failures, head, request, error);
      return await (isForPage(head)
        ? this.#answerPage(request, answer)
        : answer());
    }
  }

  async #answerPage(
    request: Request,
    answer: () => MaybePromise<Response>,
  ): Promise<Response> {
    return secure(await this.#pages.fetch(request, { answer }));
  }
}

/** Tells whether an answer goes to a page, which may read it only with CORS headers. */
function isForPage({ origin, method }: RequestHead): boolean {
  return origin !== undefined || method === "OPTIONS";
}

/** Adds the headers that every answer of a route has. */
function finish(request: Request, response: Response): Response {
  if (lastRequests.has(request)) response.headers.set("connection", "close");
  return secure(response);
}

/** Answers a request from its body. An async function and `arrayBuffer` would take 1 µs more on Bun. */
function answerBody(
  handle: BodyHandler,
  { request, env }: Incoming,
): Promise<Response> {
  const respond = (body?: Uint8Array): MaybePromise<Response> => {
    const answer = handle(body);
    return answer instanceof Promise
      ? answer.then((answer) => toResponse(answer, env))
      : toResponse(answer, env);
  };
  // Where the sender is gone, the handler answers all the same.
  return request.bytes().then(respond, () => respond());
}
