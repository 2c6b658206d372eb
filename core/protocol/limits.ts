// What a browser needs stands by itself: that goes into its bundle as numbers, without the rest.

/** UTF-8 bytes of a channel's or topic's name. */
export const NAME_BYTES = 255;

/** How long a client may hear nothing, beyond the gateway's ping interval; also, how long its connecting may take. */
export const SILENCE_MS = 10_000;

/** How long a page keeps a connection that nobody needs (the next view may), and how long closing may take. */
export const LEAVE_MS = 1_000;

/** The limits that both sides know. The gateway's can be configured; these are the defaults. */
export const LIMITS = {
  /** Bytes of one message's data as JSON. */
  messageBytes: 512 * 1024,
  /** UTF-8 bytes of a channel's or topic's name. */
  nameBytes: NAME_BYTES,
  /** Seconds in which a token opens a connection. */
  tokenSeconds: 60,
  /** Seconds that a session lasts. */
  sessionSeconds: 3600,
  /** The longest life of a token or session, in seconds. */
  maxTokenSeconds: 24 * 3600,
  /** Subscriptions, that is topics, on one connection, and in one token. */
  subscriptions: 128,
} as const;
