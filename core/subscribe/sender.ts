import { validate } from "../channel/validate.ts";
import { isTransient } from "../http/transient.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { decodeLineAnswer } from "../publish/batch_line.ts";
import { PublishQueue } from "../publish/publish_queue.ts";
import { backoff, pause } from "../time/backoff.ts";
import type { StreamPlace } from "../types/stream.ts";
import { askForText, askGateway } from "./ask_gateway.ts";
import { closedError, type ReaderOptions } from "./message_reader.ts";
import { isTokenRefusal } from "./token_source.ts";

/** The parts of a subscription that sending needs. */
export interface SenderOptions
  extends
    Pick<ReaderOptions, "channel" | "tokens" | "schemaOf" | "connection"> {
  /** Tells whether the subscription has ended, so that it sends no more. */
  readonly isOver: () => boolean;
}

/** Sends what the consumer of a subscription has to say. */
export interface Sender {
  /** Publishes a message, which may be the reply to a question, and returns its id. */
  send(topic: string, data: unknown, questionId?: string): Promise<string>;
  /** Stops a data stream. Returns `true` if this call ended it. */
  stop(stream: StreamPlace): Promise<boolean>;
}

/** Together the attempts take less than the two minutes in which the gateway remembers an idempotency key. */
const ATTEMPTS = 6;

const ACTION = "Cannot send";

/** The readers replace a refused token, so a later attempt may have another one. */
function mayPass(error: RealtimeError): boolean {
  return isTransient(error) || isTokenRefusal(error);
}

/**
 * Creates the sender of a subscription. Its methods reject with the gateway's refusal, `aborted` if the subscription is closed, or `network`
 * if the gateway can't be reached.
 */
export function createSender(
  { channel, tokens, schemaOf, connection: { url }, isOver }: SenderOptions,
): Sender {
  function unreachable(): RealtimeError {
    const message = `${ACTION}: the gateway at ${url} can't be reached`;
    return new RealtimeError("network", message);
  }

  const queue = new PublishQueue({
    action: ACTION,
    attempts: ATTEMPTS,
    mayPass,
    async post(lines, _, answered) {
      if (isOver()) throw closedError();
      const body = lines.join("\n");
      const init = { method: "POST", body };
      const answer = await askForText(url, "publish/batch", tokens.jwt, init);
      if (!answer) throw unreachable();
      const answers = answer.text.trim().split("\n")
        .map((line) => decodeLineAnswer(line, ACTION));
      const malformed = answers.find(({ isMalformed }) => isMalformed);
      // A proxy may have answered, and the gateway may answer the next request.
      if (malformed) throw malformed.error;
      if (!answer.ok) throw answers[0]?.error;
      answers.forEach(answered);
    },
  });

  return {
    async send(topic, data, questionId) {
      const checked = validate(schemaOf(topic), data, ACTION);
      const json = JSON.stringify({
        channel,
        topic,
        data,
        reply_to: questionId,
        // crypto.randomUUID is missing in pages without TLS. The key does not have to be secret.
        key: `${Math.random()}`,
      });
      const { id = "", error } = await queue.add({
        channel,
        json: checked instanceof Promise ? checked.then(() => json) : json,
        action: ACTION,
      });
      if (error) throw error;
      return id;
    },
    async stop({ channel, topic, streamId }) {
      const query = new URLSearchParams({
        channel,
        topic,
        stream_id: streamId,
      });
      let failure = unreachable();
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0) await pause(backoff(attempt - 1));
        if (isOver()) throw closedError();
        const path = `stream/stop?${query}`;
        const init = { method: "POST" };
        const answer = await askGateway(url, path, tokens.jwt, init);
        if (typeof answer?.stopped === "boolean") return answer.stopped;
        if (answer) failure = errorOf(answer.error);
        if (!mayPass(failure)) break;
      }
      throw failure;
    },
  };
}
