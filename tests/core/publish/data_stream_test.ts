import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { topic } from "../../../core/channel/topic.ts";
import type {
  RealtimeApp,
  Streamed,
  Untyped,
} from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  appOf,
  open,
  publishAll,
  readAll,
  signal,
  take,
} from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";

let gateway: TestGateway;
let app: RealtimeApp;

beforeAll(async () => {
  gateway = await startGateway();
  app = appOf(gateway);
});

afterAll(async () => {
  await gateway.close();
});

function publishStream(
  data: Streamed<unknown>,
  signal?: AbortSignal,
): ReturnType<RealtimeApp["publish"]> {
  const options = signal ? { signal } : {};
  return app.publish({ channel: "c", topic: "t", data }, options);
}

async function* pieces(...parts: unknown[]): AsyncGenerator<unknown> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** Takes the messages of one data stream, up to its end. */
async function takeStream(subscription: AnySubscription): Promise<Untyped[]> {
  const reader = subscription.getReader();
  const messages: Untyped[] = [];
  for (;;) {
    const { value } = await reader.read();
    messages.push(value);
    if (value?.kind === "datastream-end") break;
  }
  reader.releaseLock();
  return messages;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

describe("publish() of a stream", () => {
  it("publishes a start, chunks and an end, which share one stream", async () => {
    await using subscription = await open(gateway);
    const { id, streamId } = await publishStream(pieces("a", "b"));
    const messages = await takeStream(subscription);
    const [start] = messages;
    assertEquals(messages.map(({ kind }) => kind), [
      "datastream-start",
      "chunk",
      "datastream-end",
    ]);
    assertEquals([start.id, start.streamId], [id, streamId]);
    assert(messages.every(({ stream }) => stream === start.stream));
    assert(messages.every((message) => message.streamId === streamId));
    assertEquals(await readAll(start.stream), ["ab"]);
  });

  it("takes a ReadableStream of bytes without splitting characters", async () => {
    await using subscription = await open(gateway);
    const bytes = new TextEncoder().encode("h€llo 😀");
    const source = new ReadableStream({
      async pull(controller) {
        for (const byte of bytes) {
          controller.enqueue(Uint8Array.of(byte));
          // The pause makes each byte a chunk of its own, also on the wire.
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        controller.close();
      },
    });
    await publishStream(source);
    const [start] = await takeStream(subscription);
    const chunks = await readAll(start.stream);
    assertEquals(chunks.join(""), "h€llo 😀");
    assert(chunks.every((chunk) => !/\p{Surrogate}|\uFFFD/u.test(chunk)));
  });

  it("takes pieces of any JSON type, and keeps their order", async () => {
    await using subscription = await open(gateway);
    await publishStream(pieces("a", { n: 1 }, [2], null, "b", "c", 3));
    const [start] = await takeStream(subscription);
    assertEquals(
      await readAll(start.stream),
      ["a", { n: 1 }, [2], null, "bc", 3],
    );
  });

  it("sends pieces as they come", async () => {
    await using subscription = await open(gateway);
    const more = signal();
    const published = publishStream((async function* () {
      yield "a";
      await more.promise;
      yield "b";
    })());
    const [start, chunk] = await take(subscription, 2);
    assertEquals([start.kind, chunk.data], ["datastream-start", "a"]);
    more.resolve();
    await published;
    assertEquals(await readAll(start.stream), ["a", "b"]);
  });

  it("ends the stream with an error and rejects when the source fails", async () => {
    await using subscription = await open(gateway);
    const cause = new Error("Secret");
    const published = publishStream((async function* () {
      yield await Promise.resolve("a");
      throw cause;
    })());
    const error = await assertRejects(() => published, RealtimeError);
    assertEquals([error.code, error.cause], ["internal", cause]);
    const messages = await takeStream(subscription);
    const { metadata, stream } = messages.at(-1);
    assertEquals(metadata.error.code, "internal");
    assert(!JSON.stringify(metadata).includes("Secret"));
    assertEquals(await codeOf(readAll(stream)), "internal");
  });

  it("ends the stream with an error and cancels the source when it is aborted", async () => {
    await using subscription = await open(gateway);
    const controller = new AbortController();
    const cancelled = signal<unknown>();
    const source = new ReadableStream({
      start: (controller) => controller.enqueue("a"),
      cancel: (reason) => cancelled.resolve(reason),
    });
    const published = publishStream(source, controller.signal);
    await take(subscription, 2);
    controller.abort();
    assertEquals(await codeOf(published), "aborted");
    await cancelled.promise;
    const [end] = await take(subscription, 1);
    assertEquals(end.metadata.error.code, "aborted");
  });

  it("ends the stream with an error at a piece that JSON can't express", async () => {
    await using subscription = await open(gateway);
    assertEquals(await codeOf(publishStream(pieces(1n))), "invalid_data");
    const messages = await takeStream(subscription);
    assertEquals(messages.at(-1).metadata.error.code, "invalid_data");
  });

  it("splits text that is too long for a message, and refuses other data of that size", async () => {
    await using subscription = await open(gateway);
    const long = "x".repeat(700 * 1024);
    await publishStream(pieces(long));
    const [start] = await takeStream(subscription);
    assertEquals((await readAll(start.stream)).join(""), long);
    assertEquals(await codeOf(publishStream(pieces([long]))), "too_large");
  });

  it("checks each piece by the topic's schema, and does not join pieces", async () => {
    const typed = channel("c").addTopic(
      topic("t").schema(z.enum(["a", "b"]).transform((s) => s.toUpperCase())),
    );
    await using subscription = await subscribe({
      app,
      channel: typed(),
      topics: ["t"],
    });
    await app.publish(typed().t, pieces("a", "b") as Streamed<"a" | "b">);
    const [start] = await takeStream(subscription);
    assertEquals(await readAll(start.stream), ["A", "B"]);
    const invalid = pieces("a", "c") as Streamed<"a" | "b">;
    assertEquals(await codeOf(app.publish(typed().t(invalid))), "invalid_data");
  });

  it("sends many words in few messages and requests", async () => {
    await using subscription = await open(gateway);
    let requests = 0;
    const counting = createRealtime({
      url: gateway.url,
      signingKey: gateway.signingKey,
      fetch(input, init) {
        requests++;
        return fetch(input, init);
      },
    });
    const words = Array.from({ length: 2000 }, (_, i) => `word ${i} `);
    const data = pieces(...words);
    await counting.publish({ channel: "c", topic: "t", data });
    const messages = await takeStream(subscription);
    assertEquals((await readAll(messages[0].stream)).join(""), words.join(""));
    // 18,890 characters in pieces of 1,024 or more, besides the start and the end.
    assert(messages.length <= 21, `${messages.length} messages`);
    assert(requests <= 20, `${requests} requests`);
  });

  it("sends everything once, although requests and responses get lost", async () => {
    await using subscription = await open(gateway);
    let count = 0;
    const flaky = createRealtime({
      url: gateway.url,
      signingKey: gateway.signingKey,
      flush: { interval: "1ms", chars: 1 },
      async fetch(input, init) {
        const fails = ++count % 3;
        if (fails === 1) throw new TypeError("Lost before it arrived");
        const response = await fetch(input, init);
        if (fails !== 2) return response;
        await response.body?.cancel();
        throw new TypeError("The answer got lost");
      },
    });
    const data = pieces(..."abc");
    await flaky.publish({ channel: "c", topic: "t", data });
    const messages = await takeStream(subscription);
    assertEquals(
      await readAll(messages[0].stream),
      messages.slice(1, -1).map(({ data }) => data),
    );
    assertEquals(messages.slice(1, -1).map(({ data }) => data).join(""), "abc");
  });
});

describe("A data stream", () => {
  it("can be read inside the loop over messages, however long it is", async () => {
    await using subscription = await open(gateway, { maxUnread: 20_000 });
    const parts = Array.from({ length: 60 }, (_, i) => ({ i }));
    const published = publishStream(pieces(...parts));
    for await (const message of subscription) {
      if (message.kind !== "datastream-start") continue;
      assertEquals(await readAll(message.stream), parts);
      break;
    }
    await published;
  });

  it("fails with too_slow, instead of waiting forever, behind messages that are not read", async () => {
    await using subscription = await open(gateway, { maxUnread: 2_000 });
    const more = signal();
    const published = publishStream((async function* () {
      yield "a";
      await more.promise;
      yield "b";
    })());
    const [start] = await take(subscription, 1);
    const read = codeOf(readAll(start.stream));
    const reader = subscription.getReader();
    await publishAll(gateway, ...Array.from({ length: 20 }, (_, i) => i));
    assertEquals(await read, "too_slow");
    reader.releaseLock();
    more.resolve();
    await published;
  });

  it("is complete for a subscriber that joins late", async () => {
    await using first = await open(gateway);
    const more = signal();
    const published = publishStream((async function* () {
      yield "a";
      await more.promise;
      yield "b";
    })());
    await take(first, 2);
    await using late = await open(gateway);
    more.resolve();
    await published;
    const [start] = await takeStream(late);
    assertEquals(await readAll(start.stream), ["a", "b"]);
  });

  for (const transport of ["websocket", "sse"] as const) {
    it(`is complete after the network failed in the middle, by ${transport}`, async () => {
      await using proxy = await startProxy(gateway.url);
      const waiting = signal();
      await using subscription = await open(gateway, {
        transport,
        onState: (state) => {
          if (state === "waiting") waiting.resolve();
        },
      }, proxy.url);
      const more = signal();
      const published = publishStream((async function* () {
        yield "a";
        await more.promise;
        yield "b";
      })());
      const [start] = await take(subscription, 2);
      proxy.cut();
      await waiting.promise;
      more.resolve();
      await published;
      proxy.lead(gateway.url);
      assertEquals(await readAll(start.stream), ["a", "b"]);
    });
  }

  it("ends with an error when its subscription is closed", async () => {
    const subscription = await open(gateway);
    const controller = new AbortController();
    const source = new ReadableStream({
      start: (controller) => controller.enqueue("a"),
    });
    const published = publishStream(source, controller.signal);
    const [start] = await take(subscription, 2);
    await subscription.close();
    assertEquals(await codeOf(readAll(start.stream)), "aborted");
    controller.abort();
    assertEquals(await codeOf(published), "aborted");
  });
});
