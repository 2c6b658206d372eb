import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  EventType,
  replayRunStream,
  resumeHttpResponse,
  resumeServerSentEventsResponse,
  type StreamChunk,
  type StreamDurability,
  toHttpResponse,
  toServerSentEventsResponse,
} from "@tanstack/ai";
import { realtimeStream } from "../../../ai/adapters/tanstack_ai.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { RealtimeApp } from "../../../core/types/realtime.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { until } from "../../support/until.ts";

const ROUTE = "https://app.example/api/chat";

function delta(text: string): StreamChunk {
  return {
    type: EventType.TEXT_MESSAGE_CONTENT,
    messageId: "message",
    delta: text,
    timestamp: 1,
  };
}

function deltas(...texts: string[]): StreamChunk[] {
  return texts.map(delta);
}

/** Returns the text of the chunks that have one. */
function textOf(chunks: readonly unknown[]): string {
  return chunks.map((chunk) => Object(chunk).delta ?? "").join("");
}

/** Reads the text after an offset, to the end or until there is so much of it. */
async function read(
  run: StreamDurability,
  offset: string,
  length = Infinity,
): Promise<string> {
  let text = "";
  for await (const { chunk } of run.read(offset)) {
    text += textOf([chunk]);
    if (text.length >= length) break;
  }
  return text;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof RealtimeError ? error.code : undefined;
}

describe("realtimeStream()", () => {
  let gateway: TestGateway;
  let app: RealtimeApp;

  beforeAll(async () => {
    gateway = await startGateway();
    app = appOf(gateway);
  });
  afterAll(() => gateway.close());

  function run(runId: string, offset?: string): StreamDurability {
    return realtimeStream(app, { runId, offset });
  }

  it("replays after each offset, also in the middle of a batch, and follows until it is closed", async () => {
    const producer = run("offsets");
    const offsets = [
      ...await producer.append(deltas("a", "b", "c")),
      ...await producer.append(deltas("d")),
    ];
    const rests = offsets.map((offset) => read(run("offsets"), offset));
    const all = read(run("offsets"), "-1");
    const late = await producer.append(deltas("e", "f"));
    await producer.close();
    assertEquals(await Promise.all(rests), ["bcdef", "cdef", "def", "ef"]);
    assertEquals(await all, "abcdef");
    const after = [...offsets, ...late].map((offset) =>
      read(run("offsets"), offset)
    );
    assertEquals(await Promise.all(after), [
      ...["bcdef", "cdef", "def", "ef", "f", ""],
    ]);
    assertEquals(new Set([...offsets, ...late]).size, 6);
  });

  it("yields the same offsets that the producer got", async () => {
    const producer = run("same");
    const offsets = await producer.append(deltas("a", "b"));
    await producer.close();
    const read: string[] = [];
    for await (const { offset } of run("same").read("-1")) read.push(offset);
    assertEquals(read, offsets);
    const chunks = await Array.fromAsync(replayRunStream(run("same")));
    assertEquals(chunks, deltas("a", "b"));
  });

  it("takes batches that no single message can have", async () => {
    const big = "x".repeat(200_000);
    const producer = run("big");
    const offsets = await producer.append(deltas(big, "1", big, "2", big, "3"));
    await producer.close();
    assertEquals(await read(run("big"), "-1"), `${big}1${big}2${big}3`);
    assertEquals(await read(run("big"), offsets[3] ?? ""), `${big}3`);
    await assertRejects(
      () => producer.append(deltas("y".repeat(600_000))),
      RealtimeError,
      "the limit is 512 KiB",
    );
  });

  it("returns what is there now, also while the run is open", async () => {
    assertEquals(await run("snapshot").snapshot(), []);
    const producer = run("snapshot");
    const [offset = ""] = await producer.append(deltas("a"));
    assertEquals(await run("snapshot").snapshot(), [
      { offset, chunk: delta("a") },
    ]);
    const successor = run("snapshot");
    await successor.append(deltas("b"));
    await successor.close();
    assertEquals(await read(run("snapshot"), offset), "b");
    assertEquals((await run("snapshot").snapshot()).length, 2);
  });

  it('starts with the next chunk for "now"', async () => {
    const producer = run("now");
    await producer.append(deltas("before"));
    const following = run("now").read("now")[Symbol.asyncIterator]();
    let first: unknown;
    const got = following.next().then(({ value }) => first = value?.chunk);
    // No event tells that the reader knows its place.
    await until(async () => {
      await producer.append(deltas("after"));
      return first !== undefined;
    });
    assertEquals(await got, delta("after"));
    await producer.close();
    await following.return?.();
  });

  it("waits for a run's first chunk, but not for long", async () => {
    const joined = read(run("soon"), "-1");
    const producer = run("soon");
    await producer.append(deltas("a"));
    await producer.close();
    assertEquals(await joined, "a");
    const empty = realtimeStream(app, { runId: "never" }, { firstChunkMs: 50 });
    const { code, message } = await assertRejects(
      () => read(empty, "-1"),
      RealtimeError,
    );
    assertEquals(code, "timeout");
    assertEquals(
      message,
      'Cannot read "run:never": it got no chunk within 50 ms',
    );
  });

  it("ends a read whose signal aborts", async () => {
    await run("abort").append(deltas("a"));
    const stop = new AbortController();
    const seen: unknown[] = [];
    for await (const { chunk } of run("abort").read("-1", stop.signal)) {
      seen.push(chunk);
      stop.abort();
    }
    assertEquals(seen, deltas("a"));
  });

  it("finds the run and the offset in a request", async () => {
    const [offset = ""] = await run("änd/ers").append(deltas("a", "b"));
    await run("änd/ers").close();
    const byHeader = new Request(ROUTE, {
      headers: { "last-event-id": offset },
    });
    const query = new URLSearchParams({ runId: "änd/ers", offset: "-1" });
    const byQuery = new Request(`${ROUTE}?${query}`);
    const fresh = new Request(ROUTE, { headers: { "x-run-id": "fresh" } });
    assertEquals(
      [byHeader, byQuery, fresh].map((request) =>
        realtimeStream(app, request).resumeFrom()
      ),
      [offset, "-1", null],
    );
    assertEquals(await read(realtimeStream(app, byHeader), offset), "b");
    assertEquals(await read(realtimeStream(app, byQuery), "-1"), "ab");
    await realtimeStream(app, fresh).append(deltas("c"));
    assertEquals(
      textOf((await run("fresh").snapshot()).map((c) => c.chunk)),
      "c",
    );
    const unnamed = realtimeStream(app, new Request(ROUTE));
    assertEquals(await unnamed.snapshot(), []);
  });

  it("refuses offsets of another form or run", async () => {
    const [offset = ""] = await run("one").append(deltas("a"));
    for (
      const wrong of [
        ...["", "x", "one:", "one:abc", `${offset}.0`, `${offset}.x`],
        ...[`%:${offset.split(":")[1]}`, "one:k3v9qd2m-99999999999999999"],
      ]
    ) {
      const error = assertThrows(() => run("one", wrong), RealtimeError);
      assertEquals([wrong, error.code], [wrong, "invalid_argument"]);
    }
    assertEquals(
      codeOf(assertThrows(() => run(""))),
      "invalid_argument",
    );
    assertEquals(
      codeOf(await assertRejects(() => read(run("other"), offset))),
      "invalid_argument",
    );
  });

  it("tells a reader that the beginning of a run is no longer in the log", async () => {
    await using gateway = await startGateway({
      broker: new MemoryBroker({ historySize: 2 }),
    });
    const app = appOf(gateway);
    const producer = realtimeStream(app, { runId: "r" });
    const [first = ""] = await producer.append(deltas("a"));
    await producer.append(deltas("b"));
    const [last = ""] = await producer.append(deltas("c", "d"));
    const reader = () => realtimeStream(app, { runId: "r" });
    assertEquals(await read(reader(), first, 3), "bcd");
    assertEquals(await read(reader(), last, 1), "d");
    await producer.append(deltas("e"));
    for (const offset of ["-1", first]) {
      const lost = await assertRejects(() => read(reader(), offset, 9));
      assertEquals(codeOf(lost), "not_found");
    }
    const lost = await assertRejects(() => reader().snapshot());
    assertEquals(codeOf(lost), "not_found");
    assertEquals(await read(reader(), last, 2), "de");
  });

  it("tells a reader that the log was lost while it followed", async () => {
    const first = await startGateway();
    await using proxy = await startProxy(first.url);
    const app = appOf({ ...first, url: proxy.url });
    const producer = realtimeStream(app, { runId: "r" });
    const [offset = ""] = await producer.append(deltas("a"));
    const following = realtimeStream(app, { runId: "r" }).read("-1");
    const entries = following[Symbol.asyncIterator]();
    assertEquals((await entries.next()).value?.chunk, delta("a"));
    proxy.cut();
    await first.close();
    await using second = await startGateway();
    proxy.lead(second.url);
    await producer.append(deltas("b"));
    assertEquals(
      codeOf(await assertRejects(async () => await entries.next())),
      "not_found",
    );
    for (const from of ["-1", offset]) {
      const late = realtimeStream(app, { runId: "r" });
      assertEquals(
        codeOf(await assertRejects(() => read(late, from))),
        "not_found",
      );
    }
  });
});

/** A run whose chunks a test gives one after the other. */
class GivenRun {
  readonly #chunks = new TransformStream<StreamChunk, StreamChunk>();
  readonly #writer = this.#chunks.writable.getWriter();

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamChunk> {
    yield {
      type: EventType.RUN_STARTED,
      runId: "run",
      threadId: "thread",
      timestamp: 1,
    };
    const reader = this.#chunks.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    yield {
      type: EventType.RUN_FINISHED,
      runId: "run",
      threadId: "thread",
      timestamp: 2,
    };
  }

  async give(...texts: string[]): Promise<void> {
    for (const text of texts) await this.#writer.write(delta(text));
  }

  async end(): Promise<void> {
    await this.#writer.close();
  }
}

/** Reads the events of a response until their text has a length; returns the text and the id of the last event. */
async function readEvents(
  response: Response,
  length = Infinity,
): Promise<{ text: string; id: string; types: string[] }> {
  let text = "";
  let id = "";
  let rest = "";
  const types: string[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const events = (rest + decoder.decode(bytes, { stream: true }))
      .split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      id = /^id: (.+)$/m.exec(event)?.[1] ?? id;
      const chunk = JSON.parse(/^data: (.+)$/m.exec(event)?.[1] ?? "");
      types.push(chunk.type);
      text += textOf([chunk]);
    }
    if (text.length >= length) break;
  }
  return { text, id, types };
}

describe("the responses of TanStack AI with realtimeStream()", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Starts a run with a request, as another process would. */
  function post(
    target: TestGateway,
    runId: string,
    source: GivenRun,
  ): Response {
    const request = new Request(ROUTE, {
      method: "POST",
      headers: { "x-run-id": runId },
    });
    const adapter = realtimeStream(appOf(target), request);
    const durability = { adapter, batch: 1 };
    return toServerSentEventsResponse(source, { durability });
  }

  /** Connects to a run again. */
  function get(
    target: TestGateway,
    headers: HeadersInit,
    query = "",
  ): Response {
    const request = new Request(ROUTE + query, { headers });
    const adapter = realtimeStream(appOf(target), request);
    return resumeServerSentEventsResponse({ adapter });
  }

  it("goes on behind the last event that a client has got, while the run goes on", async () => {
    const source = new GivenRun();
    const response = post(gateway, "reconnect", source);
    const giving = source.give("The ", "tide ");
    const { text, id } = await readEvents(response, 9);
    await giving;
    assertEquals(text, "The tide ");
    const again = readEvents(get(gateway, { "last-event-id": id }));
    const joined = readEvents(get(gateway, {}, "?runId=reconnect&offset=-1"));
    await source.give("rises.");
    await source.end();
    const rest = await again;
    assertEquals([rest.text, rest.types.at(-1)], ["rises.", "RUN_FINISHED"]);
    const { text: whole, types } = await joined;
    assertEquals(whole, "The tide rises.");
    assertEquals(types.slice(0, 2), ["CUSTOM", "RUN_STARTED"]);
    assertEquals(get(gateway, {}).status, 400);
  });

  it("serves lines of JSON as well", async () => {
    const source = new GivenRun();
    const adapter = realtimeStream(appOf(gateway), { runId: "lines" });
    const response = toHttpResponse(source, { durability: { adapter } });
    const made = response.text();
    await source.give("a", "b");
    await source.end();
    const query = "?runId=lines&offset=-1";
    const resumed = resumeHttpResponse({
      adapter: realtimeStream(appOf(gateway), new Request(ROUTE + query)),
    });
    assertEquals(await resumed.text(), await made);
  });

  it("keeps a run in a database while its gateway is restarted", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    await using proxy = await startProxy(first.url);
    const target = { ...first, url: proxy.url };
    const source = new GivenRun();
    const live = readEvents(post(target, "restart", source));
    await source.give("before ");
    const joined = get(target, {}, "?runId=restart&offset=-1");
    const body = joined.body?.getReader();
    await body?.read();
    proxy.cut();
    await first.close();
    await using second = await startGateway({ broker: await folder.open() });
    proxy.lead(second.url);
    await source.give("after");
    await source.end();
    assertEquals((await live).text, "before after");
    let rest = "";
    for (;;) {
      const { done, value } = await body?.read() ?? { done: true };
      if (done) break;
      rest += new TextDecoder().decode(value);
    }
    assertEquals(rest.match(/"delta":"[^"]+"/g), [
      '"delta":"before "',
      '"delta":"after"',
    ]);
  });
});
