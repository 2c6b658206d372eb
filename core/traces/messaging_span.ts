import type { Attributes, Span, SpanKind } from "@opentelemetry/api";
import { RealtimeError } from "../protocol/errors.ts";
import { formatTrace, readTrace, type TraceParent } from "../protocol/trace.ts";
import { VERSION } from "../protocol/version.ts";
import type { ChannelNaming } from "../types/traces.ts";
import { type OpenTelemetry, SPAN_KEY } from "./open_telemetry.ts";

/** A span by OpenTelemetry's conventions for messaging. These may still change, so their names stand in this file only. */
export interface MessagingSpan {
  readonly kind: "producer" | "consumer" | "server";
  /** The channel and how it is named; absent in spans that don't name it. */
  readonly destination?: { readonly channel: string } & ChannelNaming;
  /** The message's id, where it is known at the start. */
  readonly id?: string;
  /** The gateway's base URL, where it is known. */
  readonly url?: string;
  /** The span that published the message; this one belongs to its trace. */
  readonly publisher?: TraceParent | undefined;
}

/** The numbers of OpenTelemetry's enum, which would have to be imported. */
const KINDS: Readonly<Record<MessagingSpan["kind"], SpanKind>> = {
  server: 1,
  producer: 3,
  consumer: 4,
};

const OPERATIONS: Readonly<
  Record<MessagingSpan["kind"], readonly [name: string, type: string]>
> = {
  server: ["publish", "send"],
  producer: ["publish", "send"],
  consumer: ["process", "process"],
};

/** Runs a function in a span, which is active meanwhile and ends with it; if it returns a promise, when that settles. */
export function inSpan<T>(
  { tracers, active, run }: OpenTelemetry,
  { kind, destination, id, url, publisher }: MessagingSpan,
  action: (span: Span) => T,
): T {
  const [operation, type] = OPERATIONS[kind];
  const attributes: Attributes = {
    "messaging.system": "tidings",
    "messaging.operation.name": operation,
    "messaging.operation.type": type,
    ...id !== undefined && { "messaging.message.id": id },
    ...url !== undefined && { "server.address": new URL(url).hostname },
  };
  let name = operation;
  if (destination) {
    const { channel, traceChannel } = destination;
    const template = traceChannel?.(channel);
    // A channel exists only while it is used. By the conventions, the name of such a destination is in no span's name.
    if (!traceChannel) attributes["messaging.destination.name"] = channel;
    if (template !== undefined) {
      attributes["messaging.destination.template"] = template;
      name += ` ${template}`;
    }
  }
  const context = publisher && { ...publisher, isRemote: true };
  const parent = context &&
    active?.setValue(SPAN_KEY, { spanContext: () => context });
  const span = tracers.getTracer("@tidings/realtime", VERSION).startSpan(
    name,
    {
      kind: KINDS[kind],
      attributes,
      links: context && kind === "consumer" ? [{ context }] : [],
    },
    parent ?? active,
  );
  try {
    const result = active
      ? run(active.setValue(SPAN_KEY, span), () => action(span))
      : action(span);
    if (result instanceof Promise) {
      result.then(() => span.end(), (error) => fail(span, error));
    } else span.end();
    return result;
  } catch (error) {
    fail(span, error);
    throw error;
  }
}

/** Notes the id of the message that a span published. */
export function noteId(span: Span, id: string): void {
  span.setAttribute("messaging.message.id", id);
}

/** Returns the `traceparent` of a span; `undefined` for a span of no trace. */
export function traceOfSpan(span: Span): string | undefined {
  return readTrace(formatTrace(span.spanContext()));
}

/** Ends a span with an error. The message isn't told: it has names of channels, which may be confidential. */
function fail(span: Span, error: unknown): void {
  const code = error instanceof RealtimeError ? error.code : undefined;
  const { name = "_OTHER" }: { readonly name?: string } = Object(error);
  span.setAttribute("error.type", code ?? name);
  span.setStatus({ code: 2 });
  span.end();
}
