import { RealtimeError } from "../../core/protocol/errors.ts";
import { errorBody } from "../../core/protocol/error_body.ts";
import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import { within } from "../../core/time/within.ts";
import type { Publication } from "../../core/types/app.ts";
import type { AnswerText } from "./answer_text.ts";
import { answerMessage, type AnswerSource } from "./chat_answer.ts";
import { type ChatPublisher, holdTurn, takeTurn } from "./chat_turns.ts";

/** How long an answer waits for an earlier one that was stopped, in milliseconds: for its producer to learn of the stop, and for its rest. */
const TURN_MS = 10_000;

/** Options of {@linkcode publishChat}. */
export interface PublishChatOptions {
  /** The chat's id. The app has to check that the user may write in this chat. */
  chatId: string;
  /** The answer: `result.toUIMessageStream()`, or a function that returns it and gets the signal for `streamText({ abortSignal })`. */
  stream: AnswerSource;
  /**
   * The rule for a chat that has an answer which is still running: the new one is refused with `stream_open`, or it replaces the running
   * one, which is stopped.
   *
   * @default {"refuse"}
   */
  whileRunning?: "refuse" | "replace" | undefined;
  /** An idempotency key: the same key publishes one answer, while that runs and for 2 minutes, so that the same request may be repeated. */
  key?: string | undefined;
  /** Ends the answer in an error. Don't pass the request's own signal, which aborts when the user reloads the page. */
  signal?: AbortSignal | undefined;
  /**
   * Keeps the process alive until the answer has ended, where a platform would end it with the response: `waitUntil` of edge functions,
   * `after` of Next.js. It gets a promise that never rejects.
   */
  waitUntil?: ((ended: Promise<void>) => void) | undefined;
  /**
   * Called with the error of an answer that fails after the response, and with a refusal whose message the response doesn't have.
   *
   * @default {console.error}
   */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Publishes the answer of a chat, and responds to the request that asked for it as soon as the answer has begun. The answer goes on when the
 * request's connection is gone. `createChatTransport` reads it from the gateway.
 *
 * @returns The response of the app's route: 200 with the JSON `{"chat_id","stream_id","id"}`. If the answer can't begin, the response has
 * the error as JSON, `{"error":{"code","message"}}`, and its status: 409 and the code `stream_open` while another answer runs, 503 if the
 * gateway can't be reached. Pages learn nothing about the gateway from the message.
 *
 * @example The route of a chat, in Hono
 * ```ts
 * import { createRealtime } from "@tidings/realtime";
 * import { publishChat } from "@tidings/realtime/ai";
 * import {
 *   convertToModelMessages,
 *   type LanguageModel,
 *   streamText,
 *   toUIMessageStream,
 * } from "ai";
 * import { Hono } from "hono";
 *
 * declare const model: LanguageModel;
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * export const app = new Hono();
 * app.post("/api/chat", async (c) => {
 *   const { id: chatId, messages } = await c.req.json();
 *   const prompt = await convertToModelMessages(messages);
 *   return publishChat(realtime, {
 *     chatId,
 *     stream: (abortSignal) =>
 *       toUIMessageStream({
 *         stream: streamText({ model, messages: prompt, abortSignal }).stream,
 *       }),
 *   });
 * });
 * ```
 */
export async function publishChat(
  app: ChatPublisher,
  options: PublishChatOptions,
): Promise<Response> {
  const { chatId, stream, whileRunning = "refuse", key, signal } = options;
  const { waitUntil, onError = console.error } = options;
  const begun = Promise.withResolvers<Publication>();
  let earlier: Promise<unknown> | undefined;
  let over: Promise<void> | undefined;
  let turn: Promise<void> | undefined;

  function begin(publication: Publication): void {
    earlier ??= takeTurn(app, chatId, ended);
    begun.resolve(publication);
  }

  /** Resolves when no earlier answer of the chat is read and saved any more, here or in another process. */
  async function myTurn(waits: AbortSignal): Promise<void> {
    await earlier;
    // An answer that runs already can't wait.
    if (typeof stream !== "function") return;
    const held = Promise.withResolvers<void>();
    // After the wait above, `over` is set.
    turn = holdTurn(app, chatId, { over, onHeld: held.resolve, waits });
    await held.promise;
  }

  function inTurn(open: () => Promise<AnswerText>): Promise<AnswerText> {
    const waits = new AbortController();
    const text = within(TURN_MS, myTurn(waits.signal)).then(() => {
      waits.abort();
      return open();
    });
    over = text.then((opened) => opened.over).catch(() => {});
    return text;
  }

  async function publish(): Promise<void> {
    try {
      const message = answerMessage(chatId, stream, inTurn);
      const otherStreams = whileRunning;
      // An answer with this key that runs, or has ended already, does not begin again.
      begin(
        await app.publish(message, {
          key,
          signal,
          otherStreams,
          join: true,
          onStart: begin,
        }),
      );
    } catch (error) {
      if (!earlier) return begun.reject(error);
      await Promise.resolve(error).then(onError).catch(console.error);
    }
    await over;
    await turn;
  }

  const ended = publish();
  waitUntil?.(ended);
  try {
    const { id, streamId } = await begun.promise;
    return Response.json({ chat_id: chatId, stream_id: streamId, id });
  } catch (error) {
    return refusal(error, onError);
  }
}

/** The codes of refusals that concern the request. Others concern the app and its gateway, whose address is not for pages. */
const FOR_PAGES = ["stream_open", "invalid_name", "invalid_data", "aborted"];

function refusal(error: unknown, onError: (error: unknown) => void): Response {
  if (!(error instanceof RealtimeError)) throw error;
  const { code } = error;
  let body = errorBody(error);
  if (!FOR_PAGES.includes(code)) {
    onError(error);
    const message = "Cannot publish the answer: the app's log has the reason";
    body = { code, message };
  }
  const status = STATUS_OF_CODE[code] ?? 503;
  return Response.json({ error: body }, { status });
}
