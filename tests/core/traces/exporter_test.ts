import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import {
  commandFor,
  currentProgram,
  currentRuntime,
} from "../../support/process/programs.ts";
import { Terminal } from "../../support/process/terminal.ts";
import { ROOT } from "../../support/root.ts";

/** A span as OTLP has it in JSON. */
interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
}

interface SentTraces {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: readonly SentSpan[] }>;
  }>;
}

/** Runs the program that publishes and subscribes, with Deno's exporter; returns the id of its trace and the spans that came. */
async function runTraced(): Promise<{ traceId: string; spans: SentSpan[] }> {
  const spans: SentSpan[] = [];
  const receiver = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === "/v1/traces") {
      const { resourceSpans }: SentTraces = JSON.parse(body);
      for (const { scopeSpans } of resourceSpans) {
        spans.push(...scopeSpans.flatMap((scope) => scope.spans));
      }
    }
    response.setHeader("content-type", "application/json").end("{}");
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  try {
    const { port } = Object(receiver.address());
    const script = "tests/support/client/traced_main.ts";
    const command = commandFor(currentProgram(), currentRuntime(), script);
    await using terminal = new Terminal(command.join(" "), {
      cwd: ROOT,
      env: {
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      },
    });
    await terminal.succeeds();
    const traceId = /[0-9a-f]{32}/.exec(terminal.output)?.[0] ?? "";
    return { traceId, spans };
  } finally {
    receiver.close();
  }
}

/** The kinds of spans, by their numbers in OTLP. */
const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

/** The spans of the program, each after its parent. Where no SDK is set, OpenTelemetry's API records none. */
const EXPECTED = "Deno" in globalThis
  ? [
    // Deno's own spans of the request, at both of its ends.
    "POST client > POST server",
    "job internal > publish producer",
    "publish producer > POST client",
    "publish producer > process consumer",
    "publish producer > publish server",
    "undefined > job internal",
  ]
  : [];

describe("spans, without an SDK", () => {
  it("belong to one trace on Deno, which exports them itself", async () => {
    const { traceId, spans } = await runTraced();
    const traced = spans.filter((span) => span.traceId === traceId);
    const named = new Map(
      traced.map(({ spanId, name, kind }) => [
        spanId,
        `${name} ${KINDS[kind]}`,
      ]),
    );
    assertEquals(
      traced.map(({ name, kind, parentSpanId = "" }) =>
        `${named.get(parentSpanId)} > ${name} ${KINDS[kind]}`
      ).sort(),
      EXPECTED,
    );
  });
});
