import type * as ai from "ai";
import { errorOf } from "../../core/protocol/error_body.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isJsonObject, isText } from "../../core/protocol/shape.ts";
import { openWithTokens } from "../../core/subscribe/open_with_tokens.ts";
import { idBefore, isLater } from "../../core/subscribe/position.ts";
import type { Gap } from "../../core/types/subscription.ts";
import { AnswerDecoder, checkChunks } from "../answer_lines.ts";
import { CONTINUED } from "../continued.ts";
import { ANSWER_TOPIC } from "../chat_name.ts";
import type { Answer, Chat } from "./chat.ts";
import type { ChatTransportOptions } from "./transport_options.ts";

/** The options of a transport that concern reading an answer. */
export type ReadOptions = Pick<
  ChatTransportOptions,
  "onError" | "onState" | "url" | "transport"
>;

/**
 * Reads an answer from its beginning. A lost network does not end it: it goes on where it was.
 *
 * Its last chunk is an `error` if the answer's source failed or is lost, and an `abort` if a reader stopped the answer.
 *
 * @param closing Ends the reading when it aborts. It is aborted when the reading ends.
 * @throws {RealtimeError} The refusal of the token; `unavailable` if the gateway no longer has a part of the answer; `invalid_json`.
 */
export async function* readAnswer(
  { channel, tokens }: Chat,
  { streamId, id, isFound }: Answer,
  closing: AbortController,
  { onError, onState, url, transport }: ReadOptions,
): AsyncGenerator<ai.UIMessageChunk, void, undefined> {
  const decoder = new AnswerDecoder();
  let gap: Gap | undefined;

  function missed(found: Gap): void {
    gap ??= found;
    // The messages that were received before are still delivered.
    closing.abort();
  }

  try {
    if (id === undefined) throw incomplete();
    const subscription = await openWithTokens(tokens, {
      url,
      transport,
      from: idBefore(id),
      signal: closing.signal,
      onError,
      onState,
      onGap: missed,
    }, { channel, topics: [ANSWER_TOPIC] });
    for await (const message of subscription) {
      // Without what is missing, the rest would be another answer.
      if (gap && isLater(message.id, gap.after)) break;
      if (message.streamId !== streamId) continue;
      const { kind, data, metadata } = message;
      if (kind === "chunk" && isText(data)) {
        for (const chunk of decoder.push(data)) {
          if (chunk.type !== CONTINUED) yield chunk;
          // A replay begins with an empty message.
          else if (isFound) yield* checkChunks(chunk.data);
        }
      }
      if (kind === "datastream-end") return yield* lastChunks(metadata);
    }
  } catch (error) {
    throw gap ? incomplete() : error;
  } finally {
    closing.abort();
  }
  if (gap) throw incomplete();
}

function incomplete(): RealtimeError {
  return new RealtimeError(
    "unavailable",
    "Cannot show the answer: a part of it is no longer in the gateway's log",
  );
}

/** Says how an answer ended, as the AI SDK says it. An answer that ended by itself has said so in its own last chunk. */
function* lastChunks(metadata: unknown): Generator<ai.UIMessageChunk> {
  const { error, stopped } = isJsonObject(metadata) ? metadata : {};
  if (error) yield { type: "error", errorText: errorOf(error).message };
  if (stopped === true) yield { type: "abort" };
}
