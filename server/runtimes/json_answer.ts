/** An answer in JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: string;
}

/** An answer in lines of JSON that are not all known yet. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its body. A client that doesn't take it holds up nothing else. */
  readonly pieces: AsyncIterable<string>;
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
