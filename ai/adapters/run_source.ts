import { RealtimeError } from "../../core/protocol/errors.ts";
import { isPlace } from "./chunk_log.ts";

/** A run of TanStack AI that is known without its request. */
export interface RunSource {
  /** The run's id. */
  readonly runId: string;
  /**
   * The offset after which the run is read: `-1` for its start, `now`, or that of a chunk.
   *
   * @default {null, for the producer of the run}
   */
  readonly offset?: string | null | undefined;
}

/** A run, and what its offsets mean. */
export interface OpenedRun {
  readonly runId: string;
  readonly offset: string | null;
  /** Returns the place in the log that an offset names. */
  placeOf(offset: string): string;
  /** Returns the offset of a place. */
  offsetAt(place: string): string;
}

/** The offsets that name no run, and their places. */
const JOINS: ReadonlyMap<string, string> = new Map([
  ["-1", "start"],
  ["now", "now"],
]);

/**
 * Finds the run that a source names. The offset of a chunk names the run, too, because a browser that reconnects sends nothing else.
 *
 * @throws {RealtimeError} `invalid_argument` for an offset of another form, or an empty id.
 */
export function sourceOf(source: Request | RunSource): OpenedRun {
  const { runId: asked, offset = null } = source instanceof Request
    ? askedIn(source)
    : source;
  const runId = offset === null || JOINS.has(offset)
    ? asked
    : parseOffset(offset).runId;
  if (runId === "") throw invalid("the id of the run is empty");
  return {
    runId,
    offset,
    placeOf(offset) {
      const place = JOINS.get(offset);
      if (place !== undefined) return place;
      const parsed = parseOffset(offset);
      if (parsed.runId === runId) return parsed.place;
      throw invalid(`the offset "${offset}" is one of another run`);
    },
    offsetAt: (place) => `${encodeURIComponent(runId)}:${place}`,
  };
}

function askedIn({ headers, url }: Request): RunSource {
  const { searchParams } = new URL(url);
  return {
    runId: headers.get("x-run-id") || searchParams.get("runId") ||
      crypto.randomUUID(),
    offset: headers.get("last-event-id") || searchParams.get("offset"),
  };
}

function parseOffset(offset: string): { runId: string; place: string } {
  const [, run = "", place = ""] = /^([^:]+):([^:]+)$/.exec(offset) ?? [];
  try {
    if (isPlace(place)) return { runId: decodeURIComponent(run), place };
  } catch (error) {
    // The id is not encoded as a URI is.
    if (!(error instanceof URIError)) throw error;
  }
  throw invalid(`the offset "${offset}" is none of this adapter`);
}

function invalid(problem: string): RealtimeError {
  const message = `Cannot open the run: ${problem}`;
  return new RealtimeError("invalid_argument", message);
}
