/** Marks a database as one of this program: the bytes of "Tidg". */
export const APPLICATION_ID = 0x54696467;

/**
 * The steps from an empty database to the newest schema. A database tells in its `user_version` how many of them it has. A step is never
 * changed once it was released: a new one follows it.
 *
 * Times are milliseconds since 1970, by the clock of `clock.ts`, and lengths are bytes. The columns "stream_id", "raw" and "reply_key" have
 * JSON texts, because their strings may contain a NUL, at which Deno ends a text that it reads.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- "top" is the offset of the newest message that was deleted, if all were. The channel stays until "kept_until" at least, even
  -- without messages, because a key may last that long.
  CREATE TABLE channels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    top INTEGER NOT NULL,
    kept_until INTEGER NOT NULL
  );

  -- Rows stand in the order of their publishing, so that the messages of a commit share pages, whatever their channels.
  -- "head" is the frame without its id and its closing brace. "total" sums what this message and all before it take, so that
  -- a part of a log is measured by two rows.
  CREATE TABLE messages (
    channel INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    total INTEGER NOT NULL,
    topic TEXT NOT NULL,
    kind TEXT NOT NULL,
    stream_id TEXT,
    raw TEXT,
    head TEXT NOT NULL,
    PRIMARY KEY (channel, "offset")
  );

  -- Idempotency keys, and the first replies to questions. Most keys begin with the time, so that those of a commit share pages,
  -- whatever their channels.
  CREATE TABLE keys (
    key TEXT NOT NULL,
    channel INTEGER NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    reply_key TEXT,
    until INTEGER NOT NULL,
    PRIMARY KEY (key, channel)
  ) WITHOUT ROWID;
  CREATE INDEX keys_by_time ON keys (until);

  -- Data streams that are open.
  CREATE TABLE streams (
    channel INTEGER NOT NULL,
    stream_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (channel, stream_id)
  ) WITHOUT ROWID;

  -- The slots of time in which a channel got messages, or was used first.
  CREATE TABLE activity (
    at INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    PRIMARY KEY (at, channel)
  ) WITHOUT ROWID;

  -- Unix seconds.
  CREATE TABLE revocations (
    subject TEXT PRIMARY KEY,
    at REAL NOT NULL,
    until REAL NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value NOT NULL
  ) WITHOUT ROWID;
  `,
];

/** The version of the newest schema. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;
