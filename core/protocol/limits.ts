// The limits for browsers are constants of their own, so that a bundle has the numbers and not the whole object.

/** Maximum length of a channel's or topic's name, in bytes of UTF-8. */
export const NAME_BYTES = 255;

/** Time without a frame, beyond the ping interval, after which a connection counts as lost. Also the time limit for connecting. */
export const SILENCE_MS = 10_000;

/** Maximum length of what a gateway sends as one text, in characters: nearly twice what any message may have. */
export const FRAME_CHARACTERS = 16_000_000;

/** Time for which a page keeps an unused connection for its next view. Also the time limit for closing. */
export const LEAVE_MS = 1_000;

/** The longest time for which an idempotency key can be remembered, in seconds: a day. */
export const MAX_KEY_TTL: number = 24 * 3600;

/** Maximum number of topics on one connection, and in one token. */
export const SUBSCRIPTIONS = 128;

/** The default limits. The gateway's can be configured. */
export const LIMITS = {
  /** Maximum length of a message's data as JSON, in bytes. */
  messageBytes: 512 * 1024,
  nameBytes: NAME_BYTES,
  /** Seconds within which a token must be used to connect. */
  tokenSeconds: 60,
  /** Seconds that a session lasts. */
  sessionSeconds: 3600,
  /** The longest life of a token or session, in seconds. */
  maxTokenSeconds: 24 * 3600,
  subscriptions: SUBSCRIPTIONS,
} as const;
