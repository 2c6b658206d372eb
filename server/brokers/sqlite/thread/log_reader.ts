import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Position } from "../../../../core/protocol/id.ts";
import { Buffer } from "node:buffer";
import { MESSAGE_KINDS } from "../../../wire/envelope.ts";
import type {
  ChannelState,
  InterruptedStream,
  OpenStream,
} from "../../broker.ts";
import { MOST_EXAMINED } from "../../log_pages.ts";
import type { LogSummary } from "../../log_summary.ts";
import type { RevocationRecord } from "../../revocation_store.ts";
import type { StoredChannel } from "./channels.ts";
import type {
  Operations,
  StoredMessage,
  StoredPage,
} from "../calls/requests.ts";
import { decodeText } from "../file/stored_text.ts";

type Row = Readonly<Record<string, unknown>>;

/** Reads logs from the database, and all else that outlives a process. */
export class LogReader {
  readonly #newestFirst: StatementSync;
  readonly #after: StatementSync;
  readonly #streams: StatementSync;
  readonly #newest: StatementSync;
  readonly #revocations: StatementSync;
  readonly #interrupted: StatementSync;

  constructor(database: DatabaseSync) {
    const message =
      '"offset", at, topic, kind, stream_id, raw, head FROM messages';
    this.#after = database.prepare(
      `SELECT ${message} WHERE channel = ? AND "offset" > ? ORDER BY "offset"`,
    );
    this.#newest = database.prepare(
      `SELECT ${message} WHERE channel = ? AND "offset" = ?`,
    );
    this.#newestFirst = database.prepare(
      `SELECT "offset", topic FROM messages
       WHERE channel = ? AND "offset" >= ? ORDER BY "offset" DESC`,
    );
    this.#streams = database.prepare(
      `SELECT stream_id, topic, "offset" FROM streams
       WHERE channel = ? AND "offset" >= ? ORDER BY "offset"`,
    );
    this.#revocations = database.prepare(
      "SELECT subject, at, until FROM revocations WHERE until > ?",
    );
    this.#interrupted = database.prepare(
      `SELECT channels.name, stream_id FROM streams
       JOIN channels ON channels.id = streams.channel`,
    );
  }

  /** Reads the messages after an offset, as the contract of brokers says. */
  read(
    channel: StoredChannel,
    { after, limit, maxBytes, topics }: Operations["read"][0],
  ): StoredPage {
    const { id, epoch, top, first } = channel;
    const wanted = topics && new Set(topics);
    const messages: StoredMessage[] = [];
    let bytes = 0;
    const start = Math.min(Math.max(after + 1, first), top + 1);
    let end = start - 1;
    for (const row of this.#after.iterate(id, end)) {
      const isFull = messages.length >= limit ||
        end - start + 1 >= MOST_EXAMINED;
      if (isFull) break;
      if (wanted?.has(String(row.topic)) ?? true) {
        const message = toMessage(row);
        // The frame has the id too.
        bytes += Buffer.byteLength(message.head) + ID_BYTES;
        if (messages.length > 0 && bytes > maxBytes) break;
        messages.push(message);
      }
      end = Number(row.offset);
    }
    return { epoch, offset: top, first, start, end, messages };
  }

  /** Returns the position before the `count` newest messages of the topics. */
  before(
    { id, epoch, top, first }: StoredChannel,
    { topics, count }: Operations["before"][0],
  ): Position {
    const wanted = new Set(topics);
    let left = count;
    if (count < top - first + 1) {
      for (const row of this.#newestFirst.iterate(id, first)) {
        if (wanted.has(String(row.topic)) && --left === 0) {
          return { epoch, offset: Number(row.offset) - 1 };
        }
      }
    }
    return { epoch, offset: first - 1 };
  }

  state({ id, epoch, top, first }: StoredChannel): ChannelState {
    const openStreams = this.#streams.all(id, first).map(toStream);
    return { epoch, offset: top, openStreams };
  }

  /** @param now The database's clock. */
  summarize(channel: StoredChannel, now: number): LogSummary {
    const { id, epoch, top: offset, first, total, before } = channel;
    const messages = offset - first + 1;
    const row = messages > 0 ? this.#newest.get(id, offset) : undefined;
    const newest = row && toMessage(row);
    return {
      epoch,
      offset,
      messages,
      bytes: total - before,
      last: newest && {
        epoch,
        offset,
        topic: newest.topic,
        kind: newest.kind,
        at: Date.now() - (now - newest.at),
      },
    };
  }

  revocations(): RevocationRecord[] {
    return this.#revocations.all(Date.now() / 1000).map((row) => ({
      subject: String(row.subject),
      at: Number(row.at),
      until: Number(row.until),
    }));
  }

  /** Returns the data streams that have not ended. */
  interrupted(): InterruptedStream[] {
    return this.#interrupted.all().map(({ name, stream_id }) => ({
      channel: String(name),
      streamId: decodeText(stream_id) ?? "",
    }));
  }
}

/** Bytes of `,"id":"abcdefgh-1"}`, about. */
const ID_BYTES = 20;

function toMessage(row: Row): StoredMessage {
  const { offset, at, topic, kind, stream_id, raw, head } = row;
  return {
    offset: Number(offset),
    at: Number(at),
    topic: String(topic),
    kind: MESSAGE_KINDS.find((known) => known === kind) ?? "data",
    streamId: decodeText(stream_id),
    raw: decodeText(raw),
    head: String(head),
  };
}

function toStream({ stream_id, topic, offset }: Row): OpenStream {
  return {
    streamId: decodeText(stream_id) ?? "",
    topic: String(topic),
    offset: Number(offset),
  };
}
