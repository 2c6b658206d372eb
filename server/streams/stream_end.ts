/** How a data stream ended. */
export interface StreamEnd {
  /** The id of its end. */
  readonly id: string;
  /** Its topics. */
  readonly topics: ReadonlySet<string>;
  /** Its producer said so (`done`), or that it failed (`failed`); its lease ran out (`lost`); a reader stopped it (`stopped`). */
  readonly reason: "done" | "failed" | "lost" | "stopped";
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The id of its start, if that is known. */
  readonly start?: string;
}

/** Reads how a stream ended from the frame of its end. */
export function readEnd(json: string): Pick<StreamEnd, "reason" | "at"> {
  const { metadata, created_at } = JSON.parse(json);
  const { error, stopped } = Object(metadata);
  const reason = error
    ? error.code === "producer_lost" ? "lost" : "failed"
    : stopped === true
    ? "stopped"
    : "done";
  return { reason, at: Date.parse(created_at) };
}

/** What the end of a stream says whose producer is gone. */
export const LOST = {
  error: {
    code: "producer_lost",
    message: "The stream broke off: nothing came of its producer for too long",
  },
};

/** The same, where another producer takes its place. */
export const REPLACED = {
  error: {
    code: "producer_lost",
    message: "The stream broke off: its producer began anew",
  },
};

/** Of all who end a stream, the first does. */
export function endKey(streamId: string): string {
  return `end:${streamId}`;
}
