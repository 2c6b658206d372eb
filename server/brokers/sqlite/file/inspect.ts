import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { formatId } from "../../../../core/protocol/id.ts";
import { ENTRY_OVERHEAD } from "../../log.ts";
import { realFile } from "./database.ts";
import { openReader } from "./open_reader.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { decodeText } from "./stored_text.ts";

/** A database as a whole. */
export interface FileFacts {
  readonly bytes: number;
  /** Bytes of the write-ahead log, which is beside the file while a gateway runs. */
  readonly wal_bytes: number;
  /** Bytes of the file that are free for new messages. */
  readonly free_bytes: number;
  readonly schema: number;
  readonly commits: number;
  /** When the newest commit was, in milliseconds since 1970; 0 without one. */
  readonly committed_at: number;
  readonly channels: number;
  readonly messages: number;
}

/** A channel's log. Times are milliseconds since 1970. */
export interface ChannelFacts {
  readonly channel: string;
  readonly messages: number;
  /** The bytes that count for `historyBytes`: the texts of the messages, and a fixed amount for each. */
  readonly bytes: number;
  readonly oldest_at: number;
  readonly newest_at: number;
}

/** A message of a log. */
export interface MessageFacts {
  readonly id: string;
  /** When it was published, in milliseconds since 1970. */
  readonly at: number;
  readonly topic: string;
  readonly kind: string;
  /** The data stream that it is a part of. */
  readonly stream_id?: string;
  readonly data: unknown;
}

/** The content of a database. */
export interface Inspection {
  readonly file: FileFacts;
  /** Those whose logs take most, the largest first; or the one that was asked for, unless the database lacks it. */
  readonly channels: readonly ChannelFacts[];
  /** The newest messages of the channel that was asked for, the newest last. */
  readonly messages: readonly MessageFacts[];
}

/** The part of a database to look at. */
export interface InspectOptions {
  /** The only channel to look at, with its newest messages. */
  readonly channel?: string | undefined;
  /** How many channels, or messages of the channel. */
  readonly limit: number;
}

/** The oldest and the newest message of each log. The offsets of a log have no holes. */
const LOGS = `
  WITH logs AS MATERIALIZED (
    SELECT
      channels.name,
      newest."offset" - oldest."offset" + 1 AS messages,
      newest.total - oldest.total + ${ENTRY_OVERHEAD}
        + length(CAST(oldest.head AS BLOB)) + ifnull(length(oldest.raw), 0)
        AS bytes,
      oldest.at AS oldest_at,
      newest.at AS newest_at
    FROM channels
    JOIN messages AS oldest ON oldest.channel = channels.id
      AND oldest."offset" = (
        SELECT min("offset") FROM messages WHERE channel = channels.id
      )
    JOIN messages AS newest ON newest.channel = channels.id
      AND newest."offset" = (
        SELECT max("offset") FROM messages WHERE channel = channels.id
      )
    WHERE :channel IS NULL OR channels.name = :channel
  )`;

/**
 * Looks at a database, beside a gateway or without one. All that it returns is of one moment.
 *
 * @throws {UnusableError} For a file that is no database of this program, or of another release.
 */
export function inspectDatabase(
  path: string,
  { channel, limit }: InspectOptions,
): Inspection {
  const file = realFile(path);
  const database = openReader(file);
  try {
    database.exec("BEGIN");
    return {
      file: fileFacts(database, file),
      channels: largestChannels(database, channel, limit),
      messages: channel === undefined
        ? []
        : newestMessages(database, channel, limit),
    };
  } finally {
    database.close();
  }
}

function fileFacts(database: DatabaseSync, path: string): FileFacts {
  const state = database.prepare("SELECT value FROM state WHERE name = ?");
  const counts = database.prepare(
    `${LOGS} SELECT ifnull(sum(messages), 0) AS messages,
       (SELECT count(*) FROM channels) AS channels FROM logs`,
  ).get({ channel: null });
  function pragma(name: string): number {
    return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  }
  const wal = `${path}-wal`;
  return {
    bytes: statSync(path).size,
    wal_bytes: existsSync(wal) ? statSync(wal).size : 0,
    free_bytes: pragma("freelist_count") * pragma("page_size"),
    schema: SCHEMA_VERSION,
    commits: Number(state.get("commits")?.value ?? 0),
    committed_at: Number(state.get("clock")?.value ?? 0),
    channels: Number(counts?.channels),
    messages: Number(counts?.messages),
  };
}

function largestChannels(
  database: DatabaseSync,
  channel: string | undefined,
  limit: number,
): ChannelFacts[] {
  const rows = database.prepare(
    `${LOGS} SELECT * FROM logs ORDER BY bytes DESC, name LIMIT :limit`,
  ).all({ channel: channel ?? null, limit });
  return rows.map((row) => ({
    channel: String(row.name),
    messages: Number(row.messages),
    bytes: Number(row.bytes),
    oldest_at: Number(row.oldest_at),
    newest_at: Number(row.newest_at),
  }));
}

function newestMessages(
  database: DatabaseSync,
  channel: string,
  limit: number,
): MessageFacts[] {
  const rows = database.prepare(
    `SELECT epoch, "offset", at, topic, kind, stream_id, head FROM messages
     JOIN channels ON channels.id = messages.channel
     WHERE name = ? ORDER BY "offset" DESC LIMIT ?`,
  ).all(channel, limit);
  return rows.reverse().map((row) => {
    const stream_id = decodeText(row.stream_id);
    return {
      id: formatId(String(row.epoch), Number(row.offset)),
      at: Number(row.at),
      topic: String(row.topic),
      kind: String(row.kind),
      ...stream_id === undefined ? {} : { stream_id },
      data: Object(JSON.parse(`${row.head}}`)).data,
    };
  });
}
