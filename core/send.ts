import type { errorOf } from "./frame.ts";
import type { gatewayFetch } from "./gateway_fetch.ts";
import type { ReaderMessage } from "./message.ts";
import type { ReaderOptions } from "./reader.ts";

/** A question, as far as an answer needs it. */
export interface Question {
  readonly id: string;
  /** The topic in which it is to be answered. */
  readonly replyTopic?: string;
}

/** How often it is tried, and how long once, so that the last is in the two minutes in which the gateway knows the first again. */
const ATTEMPTS = 7;
const TIMEOUT_MS = 10_000;

/**
 * Publishes with what a subscription presents: by HTTP, which any network lets through, so that it needs no connection. What fails in a
 * way that may pass is tried again with the same key, and published once.
 *
 * @param isOver Whether the subscription is: then nothing is published.
 * @param toError Makes an error of what the gateway answers.
 * @param fetchOf What requests to the gateway are made with.
 * @param target A topic's name, or a question to answer.
 * @returns The message's id.
 */
export async function send(
  { channel, connection: { url }, tokens, check }: ReaderOptions,
  isOver: () => boolean,
  toError: typeof errorOf,
  fetchOf: typeof gatewayFetch,
  target: string | Question,
  data: unknown,
): Promise<string> {
  const { replyTopic: topic = target as string, id: reply_to } = Object(target);
  await check({ kind: "data", topic, id: topic, data } as ReaderMessage);
  // Not crypto.randomUUID, which pages without TLS lack. Nothing depends on it that nobody can guess it.
  const key = `${Math.random()}`;
  const body = JSON.stringify({ channel, topic, data, reply_to, key });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ms = attempt && 250 + Math.random() * 250 * 2 ** attempt;
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (isOver()) break;
    const { id, error } = await fetchOf(url)(
      `${url}/v1/realtime/publish/batch`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${tokens.jwt}` },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    ).then((response) => response.json()).catch(Object);
    if (id) return id;
    // A token that is refused is renewed by the readers, who present the same.
    if (error && !/token|unauth|unavail/.test(error.code)) throw toError(error);
  }
  throw toError({
    code: isOver() ? "aborted" : "network",
    message: "Cannot send",
  });
}
