import type { backoff } from "../time/backoff.ts";
import type { errorOf } from "../protocol/error_body.ts";
import type { ReaderMessage } from "./decode_frame.ts";
import type { ReaderOptions } from "./message_reader.ts";
import type { StreamPlace } from "../types/stream.ts";

/** A question, as far as an answer needs it. */
export interface Question {
  readonly id: string;
  /** The topic in which it is to be answered. */
  readonly replyTopic?: string;
}

/**
 * Who sends: a subscription. What it is made of comes along, as a bundle that loads this file when it is needed would else take it out
 * of the part that loads at the start.
 */
export interface Sender
  extends Pick<ReaderOptions, "channel" | "tokens" | "check"> {
  /** The gateway's base URL. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly errorOf: typeof errorOf;
  readonly backoff: typeof backoff;
  /** Whether the subscription is: then nothing is sent. */
  readonly isOver: () => boolean;
}

interface Answer {
  readonly id?: string;
  readonly stopped?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** How often it is tried, and how long once, so that the last is in the two minutes in which the gateway knows the first again. */
const ATTEMPTS = 6;
const TIMEOUT_MS = 10_000;

/**
 * Asks the gateway by HTTP, which any network lets through, so that it needs no connection, with what the subscription presents. What
 * fails in a way that may pass is tried again: whatever is asked for can be asked for twice.
 *
 * @throws {RealtimeError} What the gateway refuses it for; `aborted` where the subscription is over; `network` where it can't be reached.
 */
async function ask(
  { tokens, url, fetch, errorOf, backoff, isOver }: Sender,
  path: string,
  body?: string,
): Promise<Answer> {
  let last = {
    code: "network",
    message: "Cannot send: the gateway can't be reached",
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) {
      const ms = backoff(attempt - 1);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    if (isOver()) break;
    try {
      const response = await fetch(`${url}/v1/realtime/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${tokens.jwt}` },
        body: body ?? null,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer: Answer = await response.json();
      const { code = "" } = answer.error ?? {};
      // A token that is refused is renewed by the readers, who present the same.
      if (!/token|unauth|unavail/.test(code)) {
        if (answer.error) throw errorOf(answer.error);
        return answer;
      }
      last = answer.error ?? last;
    } catch (error) {
      if (Object(error).name === "RealtimeError") throw error;
      // The network's failure, or an answer that is not the gateway's.
    }
  }
  const closed = "Cannot send: the subscription is closed";
  throw errorOf(isOver() ? { code: "aborted", message: closed } : last);
}

/**
 * Publishes: with a key, so that what is tried again is published once.
 *
 * @param target A topic's name, or a question to answer.
 * @returns The message's id.
 */
export async function send(
  sender: Sender,
  target: string | Question,
  data: unknown,
): Promise<string> {
  const { replyTopic: topic = target as string, id: reply_to } = Object(target);
  await sender.check(
    { kind: "data", topic, id: topic, data } as ReaderMessage,
  )?.();
  // Not crypto.randomUUID, which pages without TLS lack. Nothing depends on it that nobody can guess it.
  const key = `${Math.random()}`;
  const { channel } = sender;
  const body = JSON.stringify({ channel, topic, data, reply_to, key });
  const { id = "" } = await ask(sender, "publish/batch", body);
  return id;
}

/**
 * Stops a data stream.
 *
 * @returns Whether that is how it ended.
 */
export async function stop(
  sender: Sender,
  { channel, topic, streamId }: StreamPlace,
): Promise<boolean> {
  const query = new URLSearchParams({ channel, topic, stream_id: streamId });
  const { stopped = false } = await ask(sender, `stream/stop?${query}`);
  return stopped;
}
