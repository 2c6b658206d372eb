import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  createResumableAssistantStreamResponse,
  createResumableStreamContext,
  createResumeAssistantStreamResponse,
  type ResumableStreamError,
  type ResumableStreamLease,
  type ResumableStreamStore,
} from "assistant-stream/resumable";
import { createResumableStreamStore } from "../../../ai/adapters/assistant_ui.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { MemoryBroker } from "../../../server/mod.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { until } from "../../support/until.ts";

type Store = Required<ResumableStreamStore>;

/** A signal that never aborts. */
const FOREVER = new AbortController().signal;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Returns the text of the bytes that a reader has got, and the cursor behind them. */
class Reading {
  readonly #entries: ReturnType<Store["read"]>;
  readonly #decoder = new TextDecoder();
  text = "";
  cursor = "";

  constructor(store: Store, id: string, cursor = "", signal = FOREVER) {
    this.#entries = store.read(id, cursor, signal);
  }

  /** Reads to the end, or until the text has an end. */
  async until(end?: string): Promise<string> {
    for await (const { cursor, chunk } of this.#entries) {
      this.text += this.#decoder.decode(chunk, { stream: true });
      this.cursor = cursor;
      if (end !== undefined && this.text.endsWith(end)) break;
    }
    return this.text;
  }
}

function read(
  store: Store,
  id: string,
  cursor?: string,
  signal?: AbortSignal,
): Promise<string> {
  return new Reading(store, id, cursor, signal).until();
}

/** Takes the lease of a stream that has none. */
async function produce(store: Store, id: string) {
  const acquisition = await store.acquireLease(id);
  if (acquisition.role !== "producer") throw new Error("Expected a producer");
  return acquisition.lease;
}

/** Appends until that is refused: a producer learns a moment later that its stream has ended. Returns the error's code and message. */
async function refusalOf(
  store: Store,
  id: string,
  lease: ResumableStreamLease,
): Promise<string[]> {
  for (;;) {
    try {
      await store.append(id, bytes("late"), lease);
      await new Promise((resolve) => setTimeout(resolve, 5));
    } catch (error) {
      const { code, message } = error as ResumableStreamError;
      return [code, message];
    }
  }
}

/** Produces a whole stream. */
async function produceAll(
  store: Store,
  id: string,
  ...texts: string[]
): Promise<void> {
  const lease = await produce(store, id);
  for (const text of texts) await store.append(id, bytes(text), lease);
  await store.finalize(id, "done", undefined, lease);
}

describe("createResumableStreamStore()", () => {
  let gateway: TestGateway;
  /** The stores of two processes. */
  let store: Store;
  let other: Store;

  beforeAll(async () => {
    gateway = await startGateway();
    store = createResumableStreamStore(appOf(gateway));
    other = createResumableStreamStore(appOf(gateway));
  });
  afterAll(() => gateway.close());

  it("elects one producer for an id, also after the end", async () => {
    assertEquals(await store.acquire("a"), "producer");
    assertEquals(await store.acquire("a"), "consumer");
    assertEquals(await other.acquire("a"), "consumer");
    await store.finalize("a", "done");
    assertEquals(await store.acquire("a"), "consumer");
    assertEquals(await other.acquire("b"), "producer");
    await other.finalize("b", "done");
  });

  it("elects one producer of many that ask at once, in several processes", async () => {
    for (let round = 0; round < 10; round++) {
      const id = `at once ${round}`;
      const stores = [store, other, store, other, store, other];
      const roles = await Promise.all(stores.map((each) => each.acquire(id)));
      assertEquals(roles.toSorted().slice(-2), ["consumer", "producer"]);
      const ends = stores.slice(0, 2).map((each) => each.finalize(id, "done"));
      assertEquals((await Promise.all(ends)).toSorted(), [false, true]);
    }
  });

  it("takes ids that no channel can have, and keeps them apart", async () => {
    const ids = ["x".repeat(256), `${"x".repeat(255)}y`, "line\nbreak", ""];
    for (const id of ids) await produceAll(store, id, `of ${id}`);
    for (const id of ids) assertEquals(await read(other, id), `of ${id}`);
  });

  it("replays what was appended, and then follows to the end", async () => {
    await store.acquire("follow");
    await store.append("follow", bytes("hello "));
    const reading = new Reading(other, "follow");
    assertEquals(await reading.until("hello "), "hello ");
    const rest = new Reading(other, "follow", reading.cursor);
    const all = read(other, "follow");
    await store.append("follow", bytes("world"));
    await store.append("follow", bytes("!"));
    await store.finalize("follow", "done");
    assertEquals(await rest.until(), "world!");
    assertEquals(await all, "hello world!");
  });

  it("replays all to a consumer that joins after the end", async () => {
    await produceAll(store, "ended", "a", "b", "c");
    assertEquals(await read(other, "ended"), "abc");
  });

  it("goes on behind each cursor, also where chunks are replayed as one", async () => {
    await store.acquire("cursors");
    const reading = new Reading(other, "cursors");
    const cursors: string[] = [];
    for (const text of ["one ", "two ", "three "]) {
      const got = new Reading(other, "cursors", cursors.at(-1)).until(text);
      await store.append("cursors", bytes(text));
      assertEquals(await got, text);
      const { cursor } = await lastEntry(other, "cursors", text);
      cursors.push(cursor);
    }
    await store.finalize("cursors", "done");
    assertEquals(await reading.until(), "one two three ");
    const rests = cursors.map((cursor) => read(other, "cursors", cursor));
    assertEquals(await Promise.all(rests), ["two three ", "three ", ""]);
  });

  it("keeps each byte, whatever the buffers of others do meanwhile", async () => {
    const every = Uint8Array.from({ length: 70_000 }, (_, i) => i * 31 % 256);
    const given = every.slice();
    await store.acquire("bytes");
    await store.append("bytes", given);
    given.fill(0);
    await store.append("bytes", new Uint8Array(0));
    await store.finalize("bytes", "done");
    for (let round = 0; round < 2; round++) {
      const got: number[] = [];
      for await (const { chunk } of other.read("bytes", "", FOREVER)) {
        got.push(...chunk);
        chunk.fill(0);
      }
      assertEquals(Uint8Array.from(got), every);
    }
  });

  it("tells the status", async () => {
    assertEquals(await other.status("status"), "missing");
    await store.acquire("status");
    assertEquals(await other.status("status"), "streaming");
    await store.append("status", bytes("x"));
    assertEquals(await other.status("status"), "streaming");
    await store.finalize("status", "done");
    assertEquals(await other.status("status"), "done");
    await store.acquire("failed");
    await store.finalize("failed", "error", "boom");
    assertEquals(await other.status("failed"), "error");
  });

  it("throws the producer's error to readers, behind the bytes before it", async () => {
    await store.acquire("error");
    await store.append("error", bytes("partial"));
    await store.finalize("error", "error", "boom");
    const reading = new Reading(other, "error");
    await assertRejects(() => reading.until(), Error, "boom");
    assertEquals(reading.text, "partial");
  });

  it("ends an aborted read without the error that would follow", async () => {
    await store.acquire("abort");
    await store.append("abort", bytes("partial"));
    await store.finalize("abort", "error", "boom");
    const stop = new AbortController();
    const got: string[] = [];
    for await (const { chunk } of other.read("abort", "", stop.signal)) {
      got.push(new TextDecoder().decode(chunk));
      stop.abort();
    }
    assertEquals(got, ["partial"]);
    assertEquals(await read(other, "abort", "", AbortSignal.abort()), "");
  });

  it("delivers to every reader, and goes on when one of them leaves", async () => {
    await store.acquire("many");
    const leaving = new AbortController();
    const readers = [undefined, leaving.signal, undefined]
      .map((signal) => new Reading(other, "many", "", signal));
    const left = readers[1]?.until();
    const all = [readers[0]?.until(), readers[2]?.until()];
    await store.append("many", bytes("x"));
    await until(() => readers.every(({ text }) => text === "x"));
    leaving.abort();
    assertEquals(await left, "x");
    await store.append("many", bytes("y"));
    await store.finalize("many", "done");
    assertEquals(await Promise.all(all), ["xy", "xy"]);
  });

  it("deletes a stream for its readers and its producer, and lets another one begin", async () => {
    const lease = await produce(store, "deleted");
    await store.append("deleted", bytes("before"), lease);
    const reading = new Reading(other, "deleted");
    const ended = reading.until();
    await until(() => reading.text === "before");
    await other.delete("deleted");
    assertEquals(await ended, "before");
    assertEquals(await other.status("deleted"), "missing");
    assertEquals(await refusalOf(store, "deleted", lease), [
      "missing",
      "Stream not found: deleted",
    ]);
    await produceAll(other, "deleted", "after");
    assertEquals(await read(store, "deleted"), "after");
    await other.delete("never there");
  });

  it("keeps a superseded producer out", async () => {
    const old = await produce(store, "superseded");
    await store.append("superseded", bytes("stale"), old);
    await other.delete("superseded");
    const fresh = await produce(other, "superseded");
    await other.append("superseded", bytes("fresh"), fresh);
    assertEquals(await refusalOf(store, "superseded", old), [
      "missing",
      "Stream superseded by a new acquisition: superseded",
    ]);
    assertEquals(
      await store.finalize("superseded", "done", undefined, old),
      false,
    );
    assertEquals(await store.status("superseded"), "streaming");
    const finalize = () =>
      other.finalize("superseded", "done", undefined, fresh);
    assertEquals([await finalize(), await finalize()], [true, false]);
    assertEquals(await read(store, "superseded"), "fresh");
  });

  it("refuses to append to, or finalize, a stream that has ended or isn't there", async () => {
    await assertRejects(
      () => store.append("nowhere", bytes("x")),
      Error,
      "Stream not found",
    );
    await assertRejects(
      () => store.finalize("nowhere", "done"),
      Error,
      "Stream not found",
    );
    await assertRejects(
      () => read(store, "nowhere"),
      Error,
      "Stream not found",
    );
    await produceAll(store, "over", "x");
    await assertRejects(
      () => store.append("over", bytes("late")),
      Error,
      "already finalized",
    );
    assertEquals(await store.finalize("over", "done"), false);
  });

  it("forgets a stream whose beginning is no longer in the log", async () => {
    let now = 0;
    await using gateway = await startGateway({
      broker: new MemoryBroker({ historyTtl: 60, now: () => now }),
    });
    const store = createResumableStreamStore(appOf(gateway));
    const old = await produce(store, "a");
    await store.append("a", bytes("old"), old);
    const other = createResumableStreamStore(appOf(gateway));
    await new Reading(other, "a").until("old");
    now = 61_000;
    assertEquals(await other.status("a"), "missing");
    await produceAll(other, "a", "new");
    assertEquals(await read(store, "a"), "new");
    assertEquals(await refusalOf(store, "a", old), [
      "missing",
      "Stream superseded by a new acquisition: a",
    ]);
    assertEquals(await read(store, "a"), "new");
  });

  it("ends the stream of a producer that is lost in an error, which late readers get too", async () => {
    await using gateway = await startGateway({ streamLeaseMs: 500 });
    let isCut = false;
    const app = createRealtime({
      ...gateway,
      fetch: (...request) =>
        isCut ? Promise.reject(new TypeError("cut off")) : fetch(...request),
      retry: { attempts: 1 },
    });
    const store = createResumableStreamStore(app);
    await store.acquire("a");
    await store.append("a", bytes("half an ans"));
    const other = createResumableStreamStore(appOf(gateway));
    const reading = new Reading(other, "a");
    const ended = reading.until();
    await until(() => reading.text === "half an ans");
    isCut = true;
    await assertRejects(() => ended, Error, "producer");
    assertEquals(await other.status("a"), "error");
    const late = new Reading(other, "a");
    await assertRejects(() => late.until(), Error, "producer");
    assertEquals(late.text, "half an ans");
    assertEquals(await other.acquire("a"), "consumer");
    isCut = false;
    assertEquals(await store.finalize("a", "done"), false);
  });
});

/** Reads a stream until its text has an end, and returns the last entry. */
async function lastEntry(store: Store, id: string, end: string) {
  const reading = new Reading(store, id);
  await reading.until(end);
  return reading;
}

describe("createResumableStreamContext() with the store", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Makes the context of another process. */
  function context() {
    const store = createResumableStreamStore(appOf(gateway));
    return createResumableStreamContext({ store });
  }

  it("resumes an answer in another process while it goes on, after the first reader left", async () => {
    const parts = new TransformStream<Uint8Array, Uint8Array>();
    const writer = parts.writable.getWriter();
    const first = await context().run("answer", () => parts.readable);
    await writer.write(bytes("The tide rises, "));
    const reader = first.getReader();
    assertEquals(
      new TextDecoder().decode((await reader.read()).value),
      "The tide rises, ",
    );
    await reader.cancel();
    const resumed = await context().resume("answer");
    const again = await context().run("answer", () => {
      throw new Error("A consumer must not start the answer again");
    });
    const texts = [resumed, again].map((stream) => new Response(stream).text());
    await writer.write(bytes("the tide falls."));
    await writer.close();
    const whole = "The tide rises, the tide falls.";
    assertEquals(await Promise.all(texts), [whole, whole]);
    assertEquals(await context().status("answer"), "done");
    assertEquals(await context().resume("nothing"), null);
  });

  it("keeps an answer in a database while its gateway is restarted", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    await using proxy = await startProxy(first.url);
    const app = appOf({ ...first, url: proxy.url });
    const store = createResumableStreamStore(app);
    const context = createResumableStreamContext({ store });
    const parts = new TransformStream<Uint8Array, Uint8Array>();
    const writer = parts.writable.getWriter();
    const live = await context.run("answer", () => parts.readable);
    await writer.write(bytes("before "));
    const reader = live.getReader();
    const text = new TextDecoder();
    let shown = text.decode((await reader.read()).value);
    assertEquals(shown, "before ");
    proxy.cut();
    await first.close();
    await using second = await startGateway({ broker: await folder.open() });
    proxy.lead(second.url);
    const resumed = await context.resume("answer");
    const whole = new Response(resumed).text();
    await writer.write(bytes("after"));
    await writer.close();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      shown += text.decode(value);
    }
    assertEquals([shown, await whole], ["before after", "before after"]);
    assertEquals(await context.status("answer"), "done");
  });

  it("gives ten consumers the same bytes of an assistant's response", async () => {
    const every = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(i))
      .join("");
    const made = await createResumableAssistantStreamResponse({
      context: context(),
      streamId: "response",
      callback: async (controller) => {
        for (let i = 0; i < 50; i++) {
          controller.appendText(`${i} ${every} 🌍\n`);
          await Promise.resolve();
        }
      },
    });
    const resumed = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await createResumeAssistantStreamResponse({
          context: context(),
          streamId: "response",
        });
        return new Uint8Array(await response.arrayBuffer());
      }),
    );
    const expected = new Uint8Array(await made.arrayBuffer());
    assertEquals(expected.length > 15_000, true);
    for (const got of resumed) assertEquals(got, expected);
  });

  it("reports a source that fails to all readers", async () => {
    const failing = await context().run("failing", () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes("half"));
        },
        pull: (controller) => controller.error(new Error("no more tokens")),
      }));
    await assertRejects(
      () => new Response(failing).text(),
      Error,
      "no more tokens",
    );
    assertEquals(await context().status("failing"), "error");
    const late = await context().resume("failing");
    await assertRejects(
      () => new Response(late).text(),
      Error,
      "no more tokens",
    );
  });
});
