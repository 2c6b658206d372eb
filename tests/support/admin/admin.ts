import { assertEquals, fail } from "@std/assert";
import { SseClient } from "../wire/sse.ts";

/** The admin key of gateways in tests. */
export const ADMIN_KEY = "an-admin-key-of-32-characters-000";

/** The gateway that is asked. */
export interface AdminTarget {
  readonly url: string;
}

/** Sends a request to the admin API and returns the answer, whatever it is. */
export function ask(
  { url }: AdminTarget,
  path: string,
  init: RequestInit & { readonly key?: string } = {},
): Promise<Response> {
  const { key = ADMIN_KEY, ...rest } = init;
  const headers: Record<string, string> = key === ""
    ? {}
    : { authorization: `Bearer ${key}` };
  return fetch(new URL(`/v1/admin/${path}`, url), { headers, ...rest });
}

/** Returns the JSON of an answer that must be 200. The caller says its type, which is one of `server/admin/answers.ts`. */
export async function answer<T>(
  target: AdminTarget,
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const response = await ask(target, path, init);
  if (response.status !== 200) {
    fail(`GET ${path} answered ${response.status}: ${await response.text()}`);
  }
  assertEquals(response.headers.get("cache-control"), "no-store");
  return await response.json();
}

/** Asks about a token or a subject. */
export function check<T>(
  target: AdminTarget,
  body: { readonly token: string } | { readonly subject: string },
): Promise<T> {
  return answer<T>(target, "token", {
    method: "POST",
    body: JSON.stringify(body),
  });
}

/** Returns the status of an answer. */
export async function statusOf(
  target: AdminTarget,
  path: string,
  init: RequestInit & { readonly key?: string } = {},
): Promise<number> {
  const response = await ask(target, path, init);
  await response.body?.cancel();
  return response.status;
}

/** Returns status and error of an answer. */
export async function refusalOf(
  target: AdminTarget,
  path: string,
  init: RequestInit & { readonly key?: string } = {},
): Promise<{ status: number; code: string; message: string }> {
  const response = await ask(target, path, init);
  const { error } = await response.json();
  return { status: response.status, ...error };
}

/** An event of a feed. */
export interface FeedEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A reader of a feed. */
export class Feed implements AsyncDisposable {
  readonly #client: SseClient;

  constructor(client: SseClient) {
    this.#client = client;
  }

  /** Returns the next event. */
  async next(): Promise<FeedEvent> {
    for (;;) {
      const text = await this.#client.takeUntil("\n\n");
      const match = /^event: (.*)\ndata: (.*)\n\n$/.exec(text);
      if (!match) continue;
      const [, event = "", data = ""] = match;
      return { event, data: JSON.parse(data) };
    }
  }

  /** Returns the next event with a name; skips the events before it. */
  async find(name: string): Promise<FeedEvent["data"]> {
    for (;;) {
      const { event, data } = await this.next();
      if (event === name) return data;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

/** Opens a feed. */
export async function openFeed(
  target: AdminTarget,
  name: "events" | "messages",
): Promise<Feed> {
  const hangUp = new AbortController();
  const response = await ask(target, name, { signal: hangUp.signal });
  if (response.status !== 200 || !response.body) {
    fail(`The gateway answered ${response.status}: ${await response.text()}`);
  }
  return new Feed(new SseClient(response.headers, response.body, hangUp));
}
