import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import {
  createRealtime,
  type CreateRealtimeOptions,
  RealtimeError,
  traceMessage,
} from "../../../mod.ts";
import { appOf, open, take } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";

const MESSAGE = { channel: "c", topic: "t", data: 1 };
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACE = `00-${TRACE_ID}-b7ad6b7169203331-01`;

/** Makes a provider whose spans are exported as they end. */
function providerOf(exporter: InMemorySpanExporter): NodeTracerProvider {
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  return new NodeTracerProvider({ spanProcessors });
}

describe("spans, with the SDK for Node", () => {
  const exporter = new InMemorySpanExporter();
  const provider = providerOf(exporter);
  let gateway: TestGateway;

  beforeAll(async () => {
    provider.register();
    gateway = await startGateway();
  });
  afterEach(() => exporter.reset());
  afterAll(async () => {
    for (const api of [trace, context, propagation]) api.disable();
    await provider.forceFlush();
    await gateway.close();
  });

  /** Returns the spans of a kind that have ended. */
  function spansOf(kind: SpanKind): ReadableSpan[] {
    return exporter.getFinishedSpans().filter((span) => span.kind === kind);
  }

  function only(spans: readonly ReadableSpan[]): ReadableSpan {
    const [span] = spans;
    assert(span);
    assertEquals(spans.length, 1);
    return span;
  }

  /** Returns the one span of a kind. */
  function spanOf(kind: SpanKind): ReadableSpan {
    return only(spansOf(kind));
  }

  function idOf(span: ReadableSpan): string {
    return span.spanContext().spanId;
  }

  /** Publishes in a span of the app, and handles the message at a subscriber. */
  async function publishAndHandle(
    options: CreateRealtimeOptions = {},
  ): Promise<void> {
    const { url, signingKey } = gateway;
    const app = createRealtime({ url, signingKey, ...options });
    await using subscription = await open(gateway);
    const tracer = trace.getTracer("app");
    await tracer.startActiveSpan("job", async (span) => {
      await app.publish(MESSAGE);
      span.end();
    });
    const [message] = await take(subscription, 1);
    await traceMessage(message, async () => {
      await Promise.resolve();
      tracer.startSpan("work").end();
    }, options);
  }

  it("belong to one trace, from the job that publishes to the work of the subscriber", async () => {
    await publishAndHandle();
    const spans = exporter.getFinishedSpans();
    assertEquals(
      new Set(spans.map((one) => one.spanContext().traceId)).size,
      1,
    );
    const parents = new Map(spans.map((span) => [idOf(span), span.name]));
    assertEquals(
      spans.map(({ name, kind, parentSpanContext: parent }) => [
        name,
        SpanKind[kind],
        parents.get(parent?.spanId ?? ""),
      ]).sort(),
      [
        ["job", "INTERNAL", undefined],
        ["process", "CONSUMER", "publish"],
        ["publish", "PRODUCER", "job"],
        ["publish", "SERVER", "publish"],
        ["work", "INTERNAL", "process"],
      ],
    );
    const publish = spanOf(SpanKind.PRODUCER);
    for (const kind of [SpanKind.SERVER, SpanKind.CONSUMER]) {
      assertEquals(spanOf(kind).parentSpanContext?.spanId, idOf(publish));
    }
  });

  it("have the attributes of the messaging conventions", async () => {
    await publishAndHandle();
    const [publish, process, atGateway] = [
      spanOf(SpanKind.PRODUCER),
      spanOf(SpanKind.CONSUMER),
      spanOf(SpanKind.SERVER),
    ];
    const id = String(publish.attributes["messaging.message.id"]);
    assertEquals(publish.attributes, {
      "messaging.system": "tidings",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": "c",
      "messaging.message.id": id,
      "server.address": new URL(gateway.url).hostname,
    });
    assertEquals(process.attributes, {
      "messaging.system": "tidings",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "c",
      "messaging.message.id": id,
    });
    assertEquals(atGateway.attributes, {
      "messaging.system": "tidings",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.message.id": id,
    });
    assertEquals(
      process.links.map(({ context }) => context.spanId),
      [idOf(publish)],
    );
  });

  it("name a channel by a template instead, if the app has one", async () => {
    await publishAndHandle({ traceChannel: () => "user:{id}" });
    const spans = [spanOf(SpanKind.PRODUCER), spanOf(SpanKind.CONSUMER)];
    assertEquals(
      spans.map(({ name, attributes }) => [
        name,
        attributes["messaging.destination.template"],
        attributes["messaging.destination.name"],
      ]),
      [
        ["publish user:{id}", "user:{id}", undefined],
        ["process user:{id}", "user:{id}", undefined],
      ],
    );
  });

  it("name no channel where the app's function names none", async () => {
    await publishAndHandle({ traceChannel: () => undefined });
    const text = exporter.getFinishedSpans().map(({ name, attributes }) =>
      name + Object.keys(attributes).join()
    ).join();
    assert(text.includes("process"));
    assert(!text.includes("destination"));
  });

  it("stay one trace where the app's fetch adds a traceparent of its own", async () => {
    await publishAndHandle({
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        const own = headers.get("traceparent") ?? "";
        headers.append(
          "traceparent",
          own.replace(/-\w{16}-/, `-${"5".repeat(16)}-`),
        );
        return fetch(input, { ...init, headers });
      },
    });
    const publish = spanOf(SpanKind.PRODUCER);
    assertEquals(
      spanOf(SpanKind.CONSUMER).parentSpanContext?.spanId,
      idOf(publish),
    );
  });

  it("report a publish that fails, by its code and without names", async () => {
    const app = createRealtime({
      url: gateway.url,
      signingKey: "another-signing-key-of-32-characters",
      traceChannel: () => undefined,
    });
    await assertRejects(() => app.publish(MESSAGE), RealtimeError);
    const { status, attributes, events } = spanOf(SpanKind.PRODUCER);
    assertEquals(status, { code: 2 });
    assertEquals(attributes["error.type"], "unauthenticated");
    assertEquals(events, []);
  });

  it("report a handler that throws, at once or later, and pass its error on", async () => {
    const message = { channel: "c", id: "abcdefgh-1", trace: TRACE };
    const failure = new TypeError("broken");
    function fail(): never {
      throw failure;
    }
    for (const handle of [fail, () => Promise.reject(failure)]) {
      exporter.reset();
      const error = await assertRejects(
        async () => await traceMessage(message, handle),
      );
      assertEquals(error, failure);
      const { status, attributes } = spanOf(SpanKind.CONSUMER);
      assertEquals(status, { code: 2 });
      assertEquals(attributes["error.type"], "TypeError");
    }
  });

  it("begin a trace where a message has none, or a malformed one", () => {
    for (const trace of [undefined, "malformed"]) {
      exporter.reset();
      const message = { channel: "c", id: "abcdefgh-1", ...trace && { trace } };
      assertEquals(traceMessage(message, () => 5), 5);
      const span = spanOf(SpanKind.CONSUMER);
      assertEquals(span.parentSpanContext, undefined);
      assertEquals(span.links, []);
    }
  });

  it("cover a whole data stream by one span, whose trace every message has", async () => {
    await using subscription = await open(gateway);
    const data = (async function* () {
      yield "a";
      yield { b: 1 };
      await Promise.resolve();
    })();
    await appOf(gateway).publish({ ...MESSAGE, data });
    const messages = await take(subscription, 4);
    const { traceId, spanId } = spanOf(SpanKind.PRODUCER).spanContext();
    const expected = `00-${traceId}-${spanId}-01`;
    assertEquals(messages.map(({ trace }) => trace), [
      ...Array.from({ length: 4 }, () => expected),
    ]);
    // The start and the end of the stream; chunks have none.
    await until(() => spansOf(SpanKind.SERVER).length === 2);
  });

  it("are none at the gateway for a message without a trace", async () => {
    const { url, signingKey } = gateway;
    const response = await fetch(
      `${url}/v1/realtime/publish?channel=c&topic=t`,
      {
        method: "POST",
        body: "1",
        headers: { authorization: `Bearer ${signingKey}` },
      },
    );
    assertEquals(response.status, 200);
    await response.text();
    assertEquals(exporter.getFinishedSpans(), []);
  });
});

describe("spans, where no context is kept", () => {
  const exporter = new InMemorySpanExporter();
  const provider = providerOf(exporter);

  beforeAll(() => {
    trace.setGlobalTracerProvider(provider);
  });
  afterAll(async () => {
    trace.disable();
    await provider.forceFlush();
  });

  it("link to the publisher, and are not its children", () => {
    const message = { channel: "c", id: "abcdefgh-1", trace: TRACE };
    assertEquals(traceMessage(message, () => "handled"), "handled");
    const [span] = exporter.getFinishedSpans();
    assertEquals(span?.parentSpanContext, undefined);
    assertEquals(span?.links.map(({ context }) => context.traceId), [TRACE_ID]);
  });
});

describe("an app that records no spans", () => {
  it("publishes without a trace, and handles messages without a span", async () => {
    await using gateway = await startGateway();
    await using subscription = await open(gateway);
    await appOf(gateway).publish(MESSAGE);
    const [message] = await take(subscription, 1);
    assertEquals(message.trace, undefined);
    assertEquals(traceMessage(message, () => "handled"), "handled");
  });
});
