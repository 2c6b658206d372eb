import { Hono } from "@hono/hono";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Incoming } from "../runtimes/adapter.ts";
import type { BodyHandler, DirectHandler } from "../runtimes/direct.ts";
import {
  FetchHead,
  pathOf,
  type RequestHead,
} from "../runtimes/request_head.ts";
import type { Admission } from "./admission.ts";
import { secure, toResponse } from "./answer.ts";
import { errorResponse, type Report } from "./error_response.ts";
import { crossOrigin } from "./origin.ts";

/** The address of a WebSocket's handshake. */
const CONNECT_PATH = "/v1/realtime/connect";

/** The routes behind the entrance. */
export interface Interior {
  /** Publishes one message, for requests whose head and body are enough. */
  readonly publish: DirectHandler;
  /** Opens a WebSocket. */
  connect(incoming: Incoming, head: RequestHead): Promise<Response>;
  /** Answers everything else. */
  readonly app: Pick<Hono, "fetch">;
}

/**
 * The only way into the gateway, for every runtime and route. A request that {@linkcode Admission} refuses reaches nothing behind
 * it, and every answer that a browser can receive has the security headers.
 */
export class Entrance {
  readonly #admission: Admission;
  readonly #interior: Interior;
  readonly #report: Report;
  /** Answers pages, with CORS headers. */
  readonly #pages: Hono;

  constructor(admission: Admission, interior: Interior, report: Report) {
    this.#admission = admission;
    this.#interior = interior;
    this.#report = report;
    this.#pages = new Hono().use(crossOrigin(admission.origins)).all(
      "*",
      async ({ req: { raw: request }, env }) =>
        secure(
          await this.#enter({ request, env }, new FetchHead(request, env)),
        ),
    );
  }

  /** Answers a request. */
  fetch(request: Request, env?: unknown): MaybePromise<Response> {
    const head = new FetchHead(request, env);
    const isPage = head.origin !== undefined || head.method === "OPTIONS";
    // For a WebSocket, Deno takes only the very response that it made, and CORS headers would make a copy.
    return isPage && head.header("upgrade") === undefined
      ? this.#pages.fetch(request, Object(env))
      : this.#enter({ request, env }, head);
  }

  /** Answers a request that has no `Request` yet; returns `undefined` where `fetch` has to answer it. */
  direct(head: RequestHead): BodyHandler | undefined {
    if (head.origin !== undefined) return undefined;
    if (this.#admission.refusal(head)) return undefined;
    return this.#interior.publish(head);
  }

  #enter(incoming: Incoming, head: RequestHead): MaybePromise<Response> {
    const { request, env } = incoming;
    const refusal = this.#admission.refusal(head);
    if (refusal) return this.#refuse(incoming, head, refusal);
    const handle = this.#interior.publish(head);
    if (handle) return answerBody(handle, request);
    if (head.method === "GET" && pathOf(head.target) === CONNECT_PATH) {
      return this.#connect(incoming, head);
    }
    const response = this.#interior.app.fetch(request, Object(env));
    return response instanceof Promise
      ? response.then(secure)
      : secure(response);
  }

  async #refuse(
    { request }: Incoming,
    head: RequestHead,
    refusal: Error,
  ): Promise<Response> {
    const response = await errorResponse(this.#report, head, request, refusal);
    if (response.status === 503) response.headers.set("retry-after", "1");
    return response;
  }

  async #connect(incoming: Incoming, head: RequestHead): Promise<Response> {
    try {
      return await this.#interior.connect(incoming, head);
    } catch (error) {
      return await errorResponse(this.#report, head, incoming.request, error);
    }
  }
}

async function answerBody(
  handle: BodyHandler,
  request: Request,
): Promise<Response> {
  let body: Uint8Array | undefined;
  try {
    body = new Uint8Array(await request.arrayBuffer());
  } catch {
    // The sender is gone; the handler answers all the same.
  }
  const answer = handle(body);
  return toResponse(answer instanceof Promise ? await answer : answer);
}
