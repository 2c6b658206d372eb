/** The end of a data stream. */
export interface StreamEnd {
  readonly state: "ended";
  /** The id of the message that ended it. */
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  /** Its producer ended it (`done`) or failed (`failed`), its lease ran out (`lost`), or a reader stopped it (`stopped`). */
  readonly reason: "done" | "failed" | "lost" | "stopped";
  /** Milliseconds since 1970 at which it ended. */
  readonly at: number;
  /** The id of its start, if that is known. */
  readonly start?: string;
}

/** Metadata of the end of a stream whose producer is gone. */
export const LOST = {
  error: {
    code: "producer_lost",
    message:
      "The stream broke off: nothing came from its producer for too long",
  },
};

/** Metadata of the end of a stream that another producer replaces. */
export const REPLACED = {
  error: {
    code: "producer_lost",
    message: "The stream broke off: another producer began it again",
  },
};

/** Metadata of the end of a stream that a reader stopped. */
export const STOPPED = { stopped: true };

/** Reads why and when a stream ended from the frame of its end. */
export function readEnd(json: string): Pick<StreamEnd, "reason" | "at"> {
  const frame: { metadata?: unknown; created_at?: unknown } = JSON.parse(json);
  const at = Date.parse(String(frame.created_at));
  return { reason: endReasonOf(frame.metadata), at };
}

/** Reads why a stream ended from the metadata of its end. */
export function endReasonOf(metadata: unknown): StreamEnd["reason"] {
  const { error, stopped }: { error?: unknown; stopped?: unknown } = Object(
    metadata,
  );
  if (error) {
    const { code }: { code?: unknown } = Object(error);
    return code === "producer_lost" ? "lost" : "failed";
  }
  return stopped === true ? "stopped" : "done";
}

/** Returns the idempotency key of a stream's end: all that end a stream use it, so that only the first end counts. */
export function endKey(streamId: string): string {
  return `end:${streamId}`;
}
