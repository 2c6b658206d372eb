import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { topic } from "../../../core/channel/topic.ts";
import type { RealtimeApp, Untyped } from "../../../core/types/realtime.ts";
import {
  type AnySubscription,
  appOf,
  open,
  readAll,
  signal,
  take,
} from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { logOf } from "../../support/wire/streams.ts";

let gateway: TestGateway;
let app: RealtimeApp;

beforeAll(async () => {
  gateway = await startGateway();
  app = appOf(gateway);
});

afterAll(async () => {
  await gateway.close();
});

/** Subscribes with a token that grants stopping streams. */
function openToStop(
  channel: string,
  transport: "websocket" | "sse" = "websocket",
): Promise<AnySubscription> {
  const stop = [{ channel, topic: "t" }];
  const target = { app, channel, topics: ["t"], stop };
  return subscribe(target, { transport });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, RealtimeError)).code;
}

describe("A function given as data", () => {
  const typed = channel((name: string) => name).addTopic(
    topic("t").schema(z.string().max(3)),
  );

  it("opens a stream, in every form of publish()", async () => {
    async function* words(): AsyncGenerator<string> {
      yield await Promise.resolve("one");
      yield "two";
    }
    const stream = () => Promise.resolve(words());
    await using subscription = await open(gateway);
    await app.publish(typed("c").t, words);
    await app.publish(typed("c").t(stream));
    await app.publish({ channel: "c", topic: "t", data: stream });
    const messages: Untyped[] = await take(subscription, 11);
    const starts = messages.filter(({ kind }) => kind === "datastream-start");
    const texts = await Promise.all(
      starts.map(async ({ stream }) => (await readAll(stream)).join("")),
    );
    assertEquals(texts, ["onetwo", "onetwo", "onetwo"]);
  });

  it("is checked by the topic's schema, piece by piece", async () => {
    async function* words(): AsyncGenerator<string> {
      yield await Promise.resolve("too long");
    }
    assertEquals(
      await codeOf(app.publish(typed("c").t, words)),
      "invalid_data",
    );
    assertEquals(
      await codeOf(app.publish(typed("c").t(words))),
      "invalid_data",
    );
  });

  it("fails the stream if it throws or returns no stream", async () => {
    const failing = [
      [() => {
        throw new Error("No model");
      }, "internal"],
      [() => Promise.reject(new Error("No model")), "internal"],
      [() => "text", "invalid_data"],
      [() => undefined, "invalid_data"],
    ] as const;
    for (const [data, code] of failing) {
      const message = { channel: "failing", topic: "t", data };
      assertEquals(await codeOf(app.publish(message)), code);
      const { metadata } = (await logOf(gateway, "failing")).at(-1) ?? {};
      assertEquals(Object(metadata).error.code, code);
    }
  });

  it("gets a signal that aborts when publishing is aborted", async () => {
    const controller = new AbortController();
    const reason = signal<unknown>();
    const published = app.publish(typed("c").t, async function* (unwanted) {
      yield "one";
      unwanted.addEventListener("abort", () => reason.resolve(unwanted.reason));
      controller.abort();
      await reason.promise;
    }, { signal: controller.signal });
    assertEquals(await codeOf(published), "aborted");
    assertEquals(Object(await reason.promise).code, "aborted");
  });

  it("gets a signal that doesn't abort when it has ended by itself", async () => {
    let signal: AbortSignal | undefined;
    await app.publish(typed("c").t, async function* (unwanted) {
      signal = unwanted;
      yield await Promise.resolve("one");
    });
    assertEquals(signal?.aborted, false);
  });
});

describe("subscription.stop()", () => {
  for (const transport of ["websocket", "sse"] as const) {
    it(`stops a stream at its source, by ${transport}`, async () => {
      const name = `stop-${transport}`;
      await using subscription = await openToStop(name, transport);
      await using other = await openToStop(name, transport);
      const unwanted = signal<unknown>();
      const left = signal();
      const published = app.publish({
        channel: name,
        topic: "t",
        data: async function* (signal: AbortSignal) {
          signal.addEventListener("abort", () => {
            unwanted.resolve(signal.reason);
          });
          try {
            for (;;) {
              yield "more ";
              // As fast as a language model.
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          } finally {
            left.resolve();
          }
        },
      });
      const [start] = await take(subscription, 2);
      assertEquals(await subscription.stop(start), true);
      assertEquals(Object(await unwanted.promise).code, "stream_stopped");
      await left.promise;
      const { id, streamId } = start;
      assertEquals(await published, { id, streamId, stopped: true });
      // Readers get no error: the end of the stream says that it was stopped.
      const text = (await readAll(start.stream)).join("");
      assert(/^(more )+$/.test(text));
      const log = await logOf(gateway, name);
      assertEquals(log.at(-1)?.metadata, { stopped: true });
      const messages: Untyped[] = await take(other, log.length);
      assertEquals(messages.at(-1).metadata, { stopped: true });
      assertEquals(
        (await readAll(messages[0].stream)).join(""),
        text,
      );
    });
  }

  it("cancels a quiet source that is not a function", async () => {
    await using subscription = await openToStop("quiet");
    const cancelled = signal<unknown>();
    const published = app.publish({
      channel: "quiet",
      topic: "t",
      data: new ReadableStream({
        start: (controller) => controller.enqueue("a"),
        cancel: (reason) => cancelled.resolve(reason),
      }),
    });
    const [start] = await take(subscription, 2);
    assertEquals(await subscription.stop(start), true);
    assertEquals(Object(await cancelled.promise).code, "stream_stopped");
    assertEquals((await published).stopped, true);
    assertEquals(await readAll(start.stream), ["a"]);
  });

  it("returns false for a stream that had ended, and rejects for an unknown stream", async () => {
    await using subscription = await openToStop("over");
    const { streamId } = await app.publish({
      channel: "over",
      topic: "t",
      data: async function* () {
        yield await Promise.resolve("a");
      },
    });
    const [start] = await take(subscription, 3);
    assertEquals(start.streamId, streamId);
    assertEquals(await subscription.stop(start), false);
    assertEquals(
      await codeOf(subscription.stop({ ...start, streamId: "x" })),
      "not_found",
    );
  });

  it("is refused if the token does not grant stopping, although it grants publishing", async () => {
    await using subscription = await subscribe({
      app,
      channel: "c",
      topics: ["t"],
      publish: true,
    });
    const more = signal();
    const published = app.publish({
      channel: "c",
      topic: "t",
      data: async function* () {
        yield "a";
        await more.promise;
      },
    });
    const [start] = await take(subscription, 2);
    assertEquals(await codeOf(subscription.stop(start)), "forbidden");
    more.resolve();
    assertEquals((await published).stopped, undefined);
  });
});
