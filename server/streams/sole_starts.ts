import { RealtimeError } from "../../core/protocol/errors.ts";
import { parseId } from "../../core/protocol/id.ts";
import type { Feed } from "../fan_out/feed.ts";
import { quote } from "../wire/quote.ts";
import { clientMarkOf } from "../publish/client_stream.ts";
import type { LiveStream } from "./live_stream.ts";
import { STOPPED } from "./stream_end.ts";
import type { StreamLeases } from "./stream_leases.ts";
import type { StreamRegistry } from "./stream_registry.ts";

/** A stream that begins alone in its topics, among the streams of its producer. */
export interface SoleStream {
  readonly streamId: string;
  readonly topics: readonly string[];
  /** How the other open streams of the topics are treated. */
  readonly otherStreams: "refuse" | "replace";
}

/** The outcome of a start. */
interface Start {
  /** Its ids, one for each topic. */
  readonly ids: readonly string[];
  /** The stream was begun before, and has ended since, or is joined. */
  readonly error?: RealtimeError;
}

/**
 * Begins streams that share their topics with no other open stream.
 *
 * Those of one gateway begin one after the other. Gateways that share a broker may append two starts before either of them sees the other's;
 * then the log's order decides. Each gateway looks once more when its feed has reached the start that it appended: `refuse` ends the later
 * stream, `stop` the earlier one, so that one of the two stays open.
 */
export class SoleStarts {
  readonly #registry: StreamRegistry;
  readonly #leases: StreamLeases;
  /** Settles with the last start of each channel that is under way. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(registry: StreamRegistry, leases: StreamLeases) {
    this.#registry = registry;
    this.#leases = leases;
  }

  /**
   * Begins a stream, and refuses it or stops the others.
   *
   * @param feed The channel's feed, which is held, and from before which all streams are known.
   * @param start Appends the start to the log.
   * @throws {RealtimeError} `stream_open`; the errors of `start`, and those of ending a stream.
   */
  async begin<T extends Start>(
    feed: Feed,
    stream: SoleStream,
    start: () => Promise<T>,
  ): Promise<T> {
    const { channel } = feed;
    const { streamId, otherStreams } = stream;
    return await this.#inTurn(channel, async () => {
      // A stream that is known is begun again: by the retry of a request, or by another producer, whose start never counts.
      if (!this.#registry.get(channel, streamId)) {
        await this.#settle(channel, stream, this.#others(channel, stream));
      }
      const started = await start();
      if (started.error) return started;
      await this.#registry.readLog(feed);
      const earlier = this.#others(channel, stream)
        .filter((other) => beganBefore(other, started.ids[0]));
      const own = this.#registry.liveOf(channel, streamId);
      if (otherStreams === "refuse" && earlier.length > 0 && own) {
        const { code, message } = openError(channel, stream.topics, earlier);
        await this.#leases.end(own, { error: { code, message } });
      }
      await this.#settle(channel, stream, earlier);
      return started;
    });
  }

  /** Returns the producer's other open streams in a stream's topics. A client's stream neither hinders the app's nor stops it. */
  #others(channel: string, { streamId, topics }: SoleStream): LiveStream[] {
    const mark = clientMarkOf(streamId);
    return this.#registry.openIn(channel, topics).filter((other) =>
      other.streamId !== streamId && clientMarkOf(other.streamId) === mark
    );
  }

  /** Stops the others, or refuses the stream because of them. */
  async #settle(
    channel: string,
    stream: SoleStream,
    others: readonly LiveStream[],
  ): Promise<void> {
    if (others.length === 0) return;
    if (stream.otherStreams === "refuse") {
      throw openError(channel, stream.topics, others);
    }
    for (const other of others) await this.#leases.end(other, STOPPED);
  }

  /** Runs an action after the earlier ones of its channel. */
  async #inTurn<T>(channel: string, action: () => Promise<T>): Promise<T> {
    const turn = this.#last.get(channel) ?? Promise.resolve();
    const done = turn.then(action);
    const settled = done.then(() => {}, () => {});
    this.#last.set(channel, settled);
    try {
      return await done;
    } finally {
      if (this.#last.get(channel) === settled) this.#last.delete(channel);
    }
  }
}

/** Tells whether a stream began before a message. One whose start the log no longer has did. */
function beganBefore({ start }: LiveStream, id: string | undefined): boolean {
  const [began, other] = [parseId(start), parseId(id)];
  if (!began || !other) return true;
  return began.epoch !== other.epoch || began.offset < other.offset;
}

/** Creates the error for a start that is refused because of other streams, or joins one of them. */
export function openError(
  channel: string,
  topics: readonly string[],
  others: readonly LiveStream[],
): RealtimeError {
  const topic = topics.find((name) =>
    others.some((other) => other.topics.has(name))
  );
  return new RealtimeError(
    "stream_open",
    `Cannot publish to ${quote(channel)}: the topic ${
      quote(topic ?? "")
    } has an open stream`,
  );
}
