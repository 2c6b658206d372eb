import { validate } from "../channel/validate.ts";
import { isTransient } from "../http/transient.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { decodeLineAnswer } from "../publish/batch_line.ts";
import { PublishQueue } from "../publish/publish_queue.ts";
import type { StreamPlace } from "../types/stream.ts";
import { askForText } from "./ask_gateway.ts";
import { askPatiently, ATTEMPTS, unreachable } from "./ask_patiently.ts";
import type { ConnectionPool } from "./connection_pool.ts";
import { closedError, type ReaderOptions } from "./message_reader.ts";
import { isTokenRefusal } from "./token_source.ts";

/** The parts of a subscription that sending needs. */
export interface SenderOptions
  extends Pick<ReaderOptions, "channel" | "tokens" | "schemaOf"> {
  readonly connections: Pick<ConnectionPool, "url">;
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
  { channel, tokens, schemaOf, connections: { url }, isOver }: SenderOptions,
): Sender {
  const gateway = {
    url,
    action: ACTION,
    token() {
      if (isOver()) throw closedError();
      return tokens.jwt;
    },
    mayPass,
  };
  const queue = new PublishQueue({
    ...gateway,
    attempts: ATTEMPTS,
    async post(lines, _, answered) {
      const init = { method: "POST", body: lines.join("\n") };
      const path = "publish/batch";
      const answer = await askForText(url, path, gateway.token(), init);
      if (!answer) throw unreachable(gateway);
      const answers = answer.text.trim().split("\n", lines.length)
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
      const path = `stream/stop?${query}`;
      const init = { method: "POST" };
      const { stopped } = await askPatiently(gateway, path, init);
      return stopped === true;
    },
  };
}
