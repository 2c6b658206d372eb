import { parseTrace } from "../../core/protocol/trace.ts";
import { inSpan, noteId } from "../../core/traces/messaging_span.ts";
import { openTelemetry } from "../../core/traces/open_telemetry.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Envelope } from "../wire/envelope.ts";

/**
 * Publishes a message that belongs to a trace, in a span of the gateway's own if the gateway's process records spans. The span doesn't name
 * the channel, which may hold the id of a user. Chunks have no spans: a stream may have thousands.
 */
export function publishTraced(
  { trace, kind }: Envelope,
  publish: () => MaybePromise<readonly string[]>,
): MaybePromise<readonly string[]> {
  const telemetry = kind === "chunk" ? undefined : openTelemetry();
  if (!telemetry) return publish();
  const publisher = parseTrace(trace);
  return inSpan(telemetry, { kind: "server", publisher }, (span) => {
    const ids = publish();
    const note = ([id = ""]: readonly string[]): void => noteId(span, id);
    if (!(ids instanceof Promise)) note(ids);
    // The span itself reports a failure.
    else ids.then(note, () => undefined);
    return ids;
  });
}
