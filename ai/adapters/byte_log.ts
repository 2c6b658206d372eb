import type { FollowedTopics } from "../../core/app/follow_topics.ts";
import { hexDigest } from "../../core/protocol/digest.ts";
import { errorOf } from "../../core/protocol/error_body.ts";
import type { IncomingMessage } from "../../core/subscribe/decode_message.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { bytesOf, ByteStream } from "./byte_stream.ts";
import { followLog, readLog, stopStream } from "./read_log.ts";

/** The right to produce the bytes of a channel, which the log gives once. */
export interface Lease {
  /** The position after which the bytes follow. */
  readonly id: string;
  readonly token: string;
}

/** The topic of the leases. The data of a lease are its token; `null` deletes those before it. */
const LEASE = "lease";

/** Bytes that one producer adds to a channel, and any number of readers read from their start. */
export class ByteLog {
  readonly #leases: FollowedTopics;
  readonly #bytes: FollowedTopics;

  constructor(app: RealtimeApp, channel: string) {
    this.#leases = { app, channel, topics: [LEASE] };
    this.#bytes = { app, channel, topics: ["bytes"] };
  }

  /** Returns the lease that counts: the first one in the log since the last deletion. */
  async lease(): Promise<Lease | undefined> {
    return (await this.#readLeases()).lease;
  }

  /** Takes the lease, and begins to publish the bytes; returns `undefined` if there is one already. */
  async produce(): Promise<ByteStream | undefined> {
    const { lease, position: key } = await this.#readLeases();
    if (lease) return undefined;
    const token = crypto.randomUUID();
    // Those that ask at the same moment use the same key, so that the log gets one lease.
    await this.#publish(token, key);
    return (await this.lease())?.token === token
      ? new ByteStream(this.#bytes, token)
      : undefined;
  }

  /**
   * Yields the bytes after a position, each time with the next position, until they end or are deleted.
   *
   * @throws {RealtimeError} The error with which they ended; `not_found` if a part of them is no longer in the log.
   */
  async *read(
    { id, token }: Lease,
    from: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ cursor: string; chunk: Uint8Array }, void, undefined> {
    const streamId = await hexDigest(token);
    const target = { ...this.#bytes, topics: ["bytes", LEASE] };
    for await (
      const message of followLog(target, { from: from ?? id, signal })
    ) {
      const { kind, topic, data } = message;
      if (topic === LEASE && data === null) return;
      if (message.streamId !== streamId) continue;
      if (kind === "chunk") {
        yield { cursor: message.id, chunk: bytesOf(`${data}`) };
      }
      if (kind !== "datastream-end") continue;
      const error = errorOfEnd(message);
      if (error) throw error;
      return;
    }
  }

  /** Tells whether the bytes go on, or how they ended; `missing` without a lease. */
  async status(): Promise<"streaming" | "done" | "error" | "missing"> {
    const lease = await this.lease();
    if (!lease) return "missing";
    const { messages: [newest] } = await readLog(this.#bytes, "last:1");
    const hasEnded = newest?.kind === "datastream-end" &&
      newest.streamId === await hexDigest(lease.token);
    if (!hasEnded) return "streaming";
    return errorOfEnd(newest) ? "error" : "done";
  }

  /** Deletes the bytes for all readers, and stops their producer. */
  async delete(): Promise<void> {
    const lease = await this.lease();
    if (!lease) return;
    await this.#publish(null);
    await stopStream(this.#bytes, await hexDigest(lease.token));
  }

  async #readLeases() {
    const { messages, position } = await readLog(this.#leases);
    const deleted = messages.findLastIndex(({ data }) => data === null);
    const first = messages[deleted + 1];
    const lease = first && { id: first.id, token: `${first.data}` };
    return { lease, position };
  }

  async #publish(data: string | null, key?: string): Promise<void> {
    const { app, channel } = this.#leases;
    await app.publish({ channel, topic: LEASE, data }, { key });
  }
}

/** Returns the error that ended a data stream, if one did. */
function errorOfEnd({ metadata }: IncomingMessage): Error | undefined {
  const { error } = Object(metadata);
  return error && errorOf(error);
}
