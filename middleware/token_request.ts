import { RealtimeError } from "../core/protocol/errors.ts";
import { checkName } from "../core/protocol/names.ts";

/** The channel and topics that a browser asks a token for. The app decides whether it grants them. */
export interface AskedToken {
  /** The channel's name, if the request names one. */
  readonly channel?: string;
  /** The topics' names; empty if the request names none. */
  readonly topics: readonly string[];
}

/** Maximum size of a request's body: the names of 128 topics need 32 KiB. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads the channel and topics that a token is asked for, from the JSON body `{"channel","topics"}` or else from the query
 * `?channel=&topic=[&topic=…]`. The app can still read the request's body afterwards.
 *
 * @throws {RealtimeError} For a body that is too large or of another form, and for invalid names.
 */
export async function readAskedToken(request: Request): Promise<AskedToken> {
  const text = request.body ? await readText(request) : "";
  if (text.trim() === "") {
    const { searchParams } = new URL(request.url);
    return checkNames(
      searchParams.get("channel") ?? undefined,
      searchParams.getAll("topic"),
    );
  }
  const { channel, topics = [] } = Object(parseBody(text));
  if (!Array.isArray(topics)) {
    throw new RealtimeError(
      "invalid_argument",
      'Cannot mint a token: "topics" is not a list',
    );
  }
  return checkNames(channel, topics);
}

function checkNames(channel: unknown, topics: readonly unknown[]): AskedToken {
  return {
    ...channel === undefined || channel === null
      ? {}
      : { channel: checkName("channel", channel) },
    topics: topics.map((topic) => checkName("topic", topic)),
  };
}

function parseBody(text: string): unknown {
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
  // A cloned body is only cancelled when both copies are cancelled.
  await Promise.all([reader?.cancel(), request.body?.cancel()]);
  throw new RealtimeError(
    "too_large",
    "Cannot mint a token: the request's body is too large",
  );
}
