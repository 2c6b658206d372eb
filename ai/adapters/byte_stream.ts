import type { FollowedTopics } from "../../core/app/follow_topics.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Publication } from "../../core/types/realtime.ts";

/** Returns bytes as a text with one character for each, so that texts that are joined or split are still the same bytes. */
function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Returns the bytes of such a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A data stream whose bytes the app hands over one chunk after the other. The gateway ends it if the process dies. */
export class ByteStream {
  /** Identifies the producer. */
  readonly token: string;
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #published: Promise<Publication>;

  /** Begins to publish a stream to the first of the topics, in place of any other there. The token is its idempotency key. */
  constructor(
    { app, channel, topics: [topic = ""] }: FollowedTopics,
    token: string,
  ) {
    const { readable, writable } = new TransformStream<string, string>();
    this.token = token;
    this.#writer = writable.getWriter();
    const message = { channel, topic, data: readable };
    this.#published = app.publish(message, {
      key: token,
      otherStreams: "stop",
    });
    // The next call reports it.
    this.#published.catch((reason) => this.#writer.abort(reason));
    this.#writer.closed.catch(() => undefined);
  }

  /**
   * Adds bytes. Resolves when they are on their way.
   *
   * @returns `false` if the stream has ended already.
   * @throws {RealtimeError} The gateway's refusal.
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#writer.write(textOf(bytes));
      return true;
    } catch (error) {
      if (hasEnded(error)) return false;
      throw error;
    }
  }

  /**
   * Ends the stream. Resolves when all of it is in the log.
   *
   * @param error The message of the error that readers get.
   * @returns Whether it ended here: `false` if it had ended before.
   * @throws {RealtimeError} The gateway's refusal.
   */
  async end(error?: string): Promise<boolean> {
    const reason = new RealtimeError("internal", error ?? "");
    const ended = error === undefined
      ? this.#writer.close()
      : this.#writer.abort(reason);
    // It rejects where the stream has ended before, about which the publication knows more.
    ended.catch(() => undefined);
    try {
      const { stopped } = await this.#published;
      return !stopped;
    } catch (problem) {
      if (problem === reason) return true;
      if (hasEnded(problem)) return false;
      throw problem;
    }
  }
}

/** Tells whether an error says that a stream has ended already. */
function hasEnded(error: unknown): boolean {
  const { code } = Object(error);
  return code === "stream_stopped" || code === "stream_ended";
}
