import { assertEquals } from "@std/assert";
import { address, type Target } from "./websocket.ts";

/** The gateway's answer: the message's id, or an error. */
export interface Answer {
  readonly status: number;
  readonly id: string;
  readonly ids: readonly string[];
  readonly stream_id?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The result of one line of a batch. */
export interface LineAnswer {
  readonly id?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A request to publish. */
export interface PublishRequest {
  readonly channel?: string;
  readonly topic?: string | readonly string[];
  /** Further parameters of the address. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  /** @default {"publish"} */
  readonly route?: "publish" | "publish/batch" | "publish/tee" | "token";
  /** The credential, by default the signing key; an empty text sends none. */
  readonly bearer?: string;
}

/** Sends a request and returns the answer, whatever it is. */
export function post(
  target: Target,
  {
    channel,
    topic,
    query,
    headers,
    body,
    route = "publish",
    bearer = target.signingKey,
  }: PublishRequest,
): Promise<Response> {
  const init: RequestInit & { duplex?: "half" } = {
    method: "POST",
    headers: {
      ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    // `fetch` requires it for a body that is a stream.
    duplex: "half",
  };
  return fetch(address(target, route, { channel, topic, ...query }), init);
}

/** Sends a request and reads the answer. */
export async function postJson(
  target: Target,
  request: PublishRequest,
): Promise<Answer> {
  const response = await post(target, request);
  return { ...await response.json(), status: response.status };
}

/** Publishes to `channel/topic` and asserts success. */
export async function publish(
  target: Target,
  topic: string,
  data: unknown,
): Promise<string> {
  const [channel = "", name = ""] = topic.split("/");
  const { status, id } = await postJson(target, {
    channel,
    topic: name,
    body: JSON.stringify(data),
  });
  assertEquals(status, 200);
  return id;
}

/** Publishes one after the other. */
export async function publishAll(
  target: Target,
  topic: string,
  data: readonly unknown[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const one of data) ids.push(await publish(target, topic, one));
  return ids;
}

/** Returns a body that arrives in pieces, without a length. */
export function bodyOf(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): ReadableStream<Uint8Array> {
  const iterator = (async function* () {
    yield* pieces;
  })();
  // Not `ReadableStream.from`: TypeScript's own library doesn't know it.
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return();
    },
  });
}

/** Publishes lines in one request; returns the result of each line. */
export async function batch(
  target: Target,
  lines: readonly (object | string)[],
  bearer: string = target.signingKey,
): Promise<LineAnswer[]> {
  const body = lines.map((line) =>
    (typeof line === "string" ? line : JSON.stringify(line)) + "\n"
  ).join("");
  const response = await post(target, { route: "publish/batch", body, bearer });
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "application/x-ndjson");
  const answers = (await response.text()).split("\n");
  assertEquals(answers.pop(), "");
  return answers.map((answer) => JSON.parse(answer));
}
