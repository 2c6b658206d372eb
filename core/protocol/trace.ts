/** The place of a message in a trace: the span that published it. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The flags; the lowest bit says that the span is recorded. */
  readonly traceFlags: number;
}

/** The form of the W3C: version, trace id, span id, flags, and what versions after 00 may add. Ids of zeros and version ff are invalid. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Parses a `traceparent`; returns `undefined` for anything malformed. */
export function parseTrace(value: unknown): TraceParent | undefined {
  if (typeof value !== "string") return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] =
    TRACEPARENT.exec(value) ?? [];
  const isKnown = version !== undefined &&
    (version !== "00" || more === undefined);
  return isKnown
    ? { traceId, spanId, traceFlags: parseInt(flags, 16) }
    : undefined;
}

/** Formats a `traceparent` of version 00. */
export function formatTrace(
  { traceId, spanId, traceFlags }: TraceParent,
): string {
  const flags = traceFlags.toString(16).padStart(2, "0");
  return `00-${traceId}-${spanId}-${flags}`;
}

/**
 * Reads the header `traceparent`, which may have been sent several times, joined by commas: Deno's `fetch` and Node's instrumentation add
 * a second one to the publisher's own. The first one counts if all of them belong to one trace.
 *
 * @returns The `traceparent` that travels with a message; `undefined` for a missing or malformed one.
 */
export function readTrace(header: unknown): string | undefined {
  if (typeof header !== "string") return undefined;
  const [parent, ...others] = header.split(",").map((text) =>
    parseTrace(text.trim())
  );
  const isOne = others.every((other) => other?.traceId === parent?.traceId);
  return parent && isOne ? formatTrace(parent) : undefined;
}
