import { RealtimeError } from "../../core/protocol/errors.ts";
import { quote } from "../wire/quote.ts";
import { clientMarkOf } from "../publish/client_stream.ts";
import type { LiveStream } from "./live_stream.ts";
import { Places } from "./places.ts";

/** How many data streams may be open at once. */
export interface StreamLimitOptions {
  /** Maximum number of open streams that one client began at this gateway. */
  readonly maxClientStreams: number;
  /** Maximum number of open streams of one channel, whoever began them. */
  readonly maxChannelStreams: number;
}

/** Limits the data streams that are open, or about to be. */
export class StreamLimits {
  readonly #options: StreamLimitOptions;
  readonly #channels = new Places();
  readonly #clients = new Places();

  constructor(options: StreamLimitOptions) {
    this.#options = options;
  }

  /** Whether a channel has as many open streams as it may. */
  isFull(channel: string): boolean {
    return this.#channels.sizeOf(channel) >= this.#options.maxChannelStreams;
  }

  /**
   * Takes a place for a stream that is about to open; returns a function that gives it back.
   *
   * @throws {RealtimeError} `too_many`.
   */
  reserve(channel: string, streamId: string): () => void {
    const client = clientMarkOf(streamId);
    const { maxClientStreams, maxChannelStreams } = this.#options;
    const name = streamName(channel, streamId);
    if (this.isFull(channel)) {
      throw tooMany(channel, `it has ${maxChannelStreams} open streams`);
    }
    if (
      client !== undefined && this.#clients.sizeOf(client) >= maxClientStreams
    ) {
      throw tooMany(
        channel,
        `this client has ${maxClientStreams} open streams`,
      );
    }
    this.#channels.take(channel, streamId);
    if (client !== undefined) this.#clients.take(client, name);
    return () => {
      this.#channels.giveBack(channel, streamId);
      if (client !== undefined) this.#clients.giveBack(client, name);
    };
  }

  opened({ channel, streamId }: LiveStream): void {
    this.#channels.take(channel, streamId);
  }

  /** Counts an open stream for the client that publishes it here. */
  published(stream: LiveStream): void {
    const { channel, streamId } = stream;
    const client = clientMarkOf(streamId);
    if (client === undefined || stream.client !== undefined) return;
    stream.client = client;
    this.#clients.take(client, streamName(channel, streamId));
  }

  closed({ channel, streamId, client }: LiveStream): void {
    this.#channels.giveBack(channel, streamId);
    if (client === undefined) return;
    this.#clients.giveBack(client, streamName(channel, streamId));
  }
}

/** Returns a name that a stream shares with no other stream. */
export function streamName(channel: string, streamId: string): string {
  return `${channel}\n${streamId}`;
}

function tooMany(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("too_many", message);
}
