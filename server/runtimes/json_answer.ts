/** An answer in JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: string;
}

/** An answer that is large, or not all known yet. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its body. A client that doesn't take it holds up nothing else. */
  readonly pieces: Iterator<string> | AsyncIterator<string>;
  /** Milliseconds that the client may leave a piece unread. */
  readonly deadlineMs: number;
  /** Called, perhaps more than once, when the answer has ended: also when the client left or read too slowly. */
  readonly ended?: () => void;
}

/** An answer that needs no `Response`. */
export type Answer = JsonAnswer | StreamedAnswer;

/** Tell browsers not to store or sniff an answer, and not to pass its address on. */
export const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** The headers of an answer in JSON. */
export const JSON_HEADERS = {
  "content-type": "application/json",
  ...SECURITY_HEADERS,
} as const;
