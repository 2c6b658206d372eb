import { RealtimeError } from "../core/protocol/errors.ts";
import { checkName } from "../core/protocol/names.ts";

/** What a browser asks a token for. Nothing of it is granted before the app says so. */
export interface AskedToken {
  /** The channel's name, if the request has one. */
  readonly channel?: string;
  /** The topics' names; empty if the request has none. */
  readonly topics: readonly string[];
}

/** The most bytes that a request for a token may have: the names of 128 topics need 32 KiB. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads what a token is asked for: of the JSON body `{"channel","topics"}`, else of the query
 * `?channel=&topic=[&topic=…]`. The request that the app sees keeps its body.
 *
 * @throws {RealtimeError} For a body that is too large or not of that form, and for names that nothing can have.
 */
export async function readAskedToken(request: Request): Promise<AskedToken> {
  const text = request.body ? await readText(request) : "";
  if (text.trim() === "") {
    const { searchParams } = new URL(request.url);
    return checked(
      searchParams.get("channel") ?? undefined,
      searchParams.getAll("topic"),
    );
  }
  const { channel, topics = [] } = Object(parse(text));
  if (!Array.isArray(topics)) {
    throw new RealtimeError(
      "invalid_argument",
      'Cannot mint a token: "topics" is not a list',
    );
  }
  return checked(channel, topics);
}

function checked(channel: unknown, topics: readonly unknown[]): AskedToken {
  return {
    ...channel === undefined || channel === null
      ? {}
      : { channel: checkName("channel", channel) },
    topics: topics.map((topic) => checkName("topic", topic)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RealtimeError(
      "invalid_json",
      "Cannot mint a token: the request's body is not JSON",
      { cause },
    );
  }
}

async function readText(request: Request): Promise<string> {
  const reader = request.clone().body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader?.read() ?? { done: true };
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BYTES) break;
    text += decoder.decode(value, { stream: true });
  }
  // Of a body that was cloned both have to be cancelled, else neither is.
  await Promise.all([reader?.cancel(), request.body?.cancel()]);
  throw new RealtimeError(
    "too_large",
    "Cannot mint a token: the request's body is too large",
  );
}
