import { parseTrace } from "../../core/protocol/trace.ts";
import { inSpan, noteId } from "../../core/traces/messaging_span.ts";
import { openTelemetry } from "../../core/traces/open_telemetry.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Envelope } from "../wire/envelope.ts";
import type { MessageKey } from "./idempotency_key.ts";
import type { MessagePublisher } from "./publisher.ts";

/**
 * Returns a publisher whose messages belong to a trace; the same one without a trace.
 *
 * @param trace A valid `traceparent`.
 */
export function traced(
  publisher: MessagePublisher,
  trace: string | undefined,
): MessagePublisher {
  return trace === undefined
    ? publisher
    : new TracedPublisher(publisher, trace);
}

/**
 * Gives each message its place in a trace. It publishes in a span of the gateway's own, if the gateway's process records spans. The span
 * doesn't name the channel, which may hold the id of a user. Chunks have no spans: a stream may have thousands.
 */
class TracedPublisher implements MessagePublisher {
  readonly #publisher: MessagePublisher;
  readonly #trace: string;

  constructor(publisher: MessagePublisher, trace: string) {
    this.#publisher = publisher;
    this.#trace = trace;
  }

  get maxMessageBytes(): number {
    return this.#publisher.maxMessageBytes;
  }

  get streamMark(): string | undefined {
    return this.#publisher.streamMark;
  }

  get keepsCallOrder(): boolean {
    return this.#publisher.keepsCallOrder;
  }

  require(channel: string, topics: readonly string[]): void {
    this.#publisher.require(channel, topics);
  }

  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: MessageKey,
  ): MaybePromise<readonly string[]> {
    const trace = this.#trace;
    const message = { ...envelope, trace };
    const publish = () => this.#publisher.publish(message, topics, data, key);
    const telemetry = envelope.kind === "chunk" ? undefined : openTelemetry();
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
}
